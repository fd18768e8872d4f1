import { folded } from '../../../src/files/edits/fold.ts'
import { asBlocks, sides, type Told } from './rendering.ts'

/** What models do to a block that they mean well. Undefined: nothing that could be seen was done to what is searched for. */
type Mutation = (edit: Told, seed: number) => string | undefined

const indentOf = (line: string) => /^[\t ]*/.exec(line)![0]
const isWritten = (line: string) => line.trim() !== ''

/** Changes every line of both sides; the block counts only when that changed the search. */
function eachLine(change: (line: string, edit: Told) => string): Mutation {
  return (edit) => {
    const { search, replace } = sides(edit)
    const now = search.map((line) => change(line, edit))
    if (now.join('\n') === search.join('\n')) return undefined
    return asBlocks([{ search: now, replace: replace.map((line) => change(line, edit)) }])
  }
}

/** The indentation that all lines have. */
function shared(edit: Told): string {
  const { search, replace } = sides(edit)
  const indents = [...search, ...replace].filter(isWritten).map(indentOf)
  let common = indents[0] ?? ''
  while (!indents.every((indent) => indent.startsWith(common))) common = common.slice(0, -1)
  return common
}

const indented = (unit: string) => eachLine((line) => (isWritten(line) ? unit + line : line))
const inSpaces = (width: number) =>
  eachLine((line) => line.replace(/^[\t ]*/, (indent) => indent.replaceAll('\t', ' '.repeat(width))))

export const MUTATIONS: Record<string, Mutation> = {
  'without white space at its lines’ ends': eachLine((line) => line.trimEnd()),
  'with white space at the ends of lines that are there': ({ head, removed, added, tail }) => {
    const [before, gone, after] = [head, removed, tail].map((lines) => lines.map((line) => `${line}  `))
    return asBlocks([sides({ head: before!, removed: gone!, added, tail: after! })])
  },
  'without the indentation that its lines share': eachLine((line, edit) =>
    isWritten(line) ? line.slice(shared(edit).length) : line,
  ),
  'indented by two spaces more': indented('  '),
  'indented by a tab more': indented('\t'),
  'with two spaces for each tab': inSpaces(2),
  'with four spaces for each tab': inSpaces(4),
  'with eight spaces for each tab': inSpaces(8),
  'with four spaces for each tab and no shared indentation': eachLine((line, edit) =>
    (isWritten(line) ? line.slice(shared(edit).length) : line).replace(/^[\t ]*/, (indent) =>
      indent.replaceAll('\t', '    '),
    ),
  ),
  'with plain punctuation': eachLine(folded),
  'with plain punctuation and no shared indentation': eachLine((line, edit) =>
    folded(isWritten(line) ? line.slice(shared(edit).length) : line),
  ),
  'whose first line alone lost its indentation': (edit) => {
    const { search, replace } = sides(edit)
    if (search.length < 2 || indentOf(search[0]!) === '' || search[0] !== replace[0]) return undefined
    const first = search[0]!.trimStart()
    return asBlocks([{ search: [first, ...search.slice(1)], replace: [first, ...replace.slice(1)] }])
  },
  'that lacks a line in its middle': (edit, seed) => {
    const { search, replace } = sides(edit)
    if (search.length < 3) return undefined
    return asBlocks([{ search: search.toSpliced(1 + (seed % (search.length - 2)), 1), replace }])
  },
  'that lacks a line of its context': (edit, seed) => {
    const [head, tail] = seed % 2 === 0 ? [edit.head.slice(1), edit.tail] : [edit.head, edit.tail.slice(0, -1)]
    return head.length + edit.removed.length + tail.length === 0
      ? undefined
      : asBlocks([sides({ ...edit, head, tail })])
  },
  'with another letter in a line': (edit, seed) => {
    const { search, replace } = sides(edit)
    return asBlocks([{ search: search.with(seed % search.length, `${search[seed % search.length]}z`), replace }])
  },
  'given twice': (edit) => asBlocks([sides(edit), sides(edit)]),
  'torn at any place': (edit, seed) => {
    const text = asBlocks([sides(edit)])
    const lines = text.trimEnd().split('\n')
    return lines.toSpliced(seed % lines.length, lines.length).join('\n')
  },
  'in an answer with Windows’ line ends, among words': (edit) =>
    `Here it is:\n\n\`\`\`\n${asBlocks([sides(edit)])}\`\`\`\nThat is all.\n`.replaceAll('\n', '\r\n'),
}
