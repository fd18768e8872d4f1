import fc from 'fast-check'

/** A true edit: these lines of a file go, those come instead. Edits of a file have two lines at least between them. */
export interface TrueEdit {
  from: number
  to: number
  lines: string[]
}

export interface Scene {
  lines: string[]
  edits: TrueEdit[]
  crlf: boolean
  bom: boolean
  finalNewline: boolean
  /** Lines of context around each edit, where there are as many. */
  context: number
}

const WORDS = ['return', 'total', 'item', 'if', 'don’t', '“late”', '–', '4 kg', '{', '}', 'x = 1', '…', "it's", '-']

/** A file's lines, indented by one unit throughout, and how deep its shallowest line may stand. */
interface Style {
  unit: string
  base: number
}

const style: fc.Arbitrary<Style> = fc.record({ unit: fc.constantFrom('  ', '    ', '\t'), base: fc.nat(2) })

function indented({ unit, base }: Style, text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(fc.nat(2), text).map(([depth, words]) => (words === '' ? '' : unit.repeat(base + depth) + words))
}

function fileLine(of: Style): fc.Arbitrary<string> {
  const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 3 }).map((some) => some.join(' '))
  return fc.tuple(indented(of, words), fc.constantFrom('', '', '', ' ')).map(([text, space]) => text + space)
}

/** Files whose lines repeat, and what is to change in them. */
export const repeating: fc.Arbitrary<Scene> = scene((of) => fc.array(fileLine(of), { minLength: 1, maxLength: 14 }))

/** Files in which every line is another. */
export const unique: fc.Arbitrary<Scene> = scene((of) =>
  fc
    .array(fileLine(of), { minLength: 1, maxLength: 14 })
    .map((lines) =>
      lines.map((text, i) => `${text.trimEnd() || of.unit.repeat(of.base)}#${i}${/\s$/.test(text) ? ' ' : ''}`),
    ),
)

function scene(file: (of: Style) => fc.Arbitrary<string[]>): fc.Arbitrary<Scene> {
  return style.chain((of) => file(of).chain((lines) => changed(of, lines)))
}

function changed(of: Style, lines: string[]): fc.Arbitrary<Scene> {
  const edit = fc
    .tuple(
      fc.nat(lines.length),
      fc.nat(2),
      fc.array(fc.tuple(indented(of, fc.stringMatching(/^new [a-z]{1,6}$/)), fc.boolean()), { maxLength: 3 }),
    )
    .map(([from, length, come]): TrueEdit => {
      const to = Math.min(from + length, lines.length)
      // A line that comes is a new one, or one of those that go with another word at its end.
      const one = ([fresh, keeps]: [string, boolean], i: number) =>
        keeps && from + i < to ? `${lines[from + i]!.trimEnd()} changed` : fresh
      return { from, to, lines: come.map(one) }
    })
  return fc
    .record({
      lines: fc.constant(lines),
      edits: fc.array(edit, { minLength: 1, maxLength: 3 }).map(apart),
      crlf: fc.boolean(),
      bom: fc.boolean(),
      finalNewline: fc.boolean(),
      context: fc.integer({ min: 1, max: 4 }),
    })
    .map((made) => {
      const finalNewline = made.finalNewline || lines.at(-1) === '' // else it would be no line
      return { ...made, finalNewline, crlf: made.crlf && lines.length + Number(finalNewline) > 1 }
    })
}

function apart(edits: TrueEdit[]): TrueEdit[] {
  const kept: TrueEdit[] = []
  const real = edits.filter(({ from, to, lines }) => to > from || lines.length > 0)
  for (const edit of real.toSorted((a, b) => a.from - b.from))
    if (edit.from >= (kept.at(-1)?.to ?? -2) + 2) kept.push(edit)
  return kept
}

/** The lines after the edits. */
export function editedLines({ lines, edits }: Pick<Scene, 'lines' | 'edits'>): string[] {
  return edits.toReversed().reduce((made, { from, to, lines: come }) => made.toSpliced(from, to - from, ...come), lines)
}

/** Lines as the bytes of a file. */
export function asText(lines: string[], { crlf, bom, finalNewline }: Scene): string {
  const end = crlf ? '\r\n' : '\n'
  const last = (finalNewline || lines.at(-1) === '') && lines.length > 0 ? end : '' // a blank line without an end is no line
  return (bom ? '\uFEFF' : '') + lines.join(end) + last
}

/** What an edit is told by: the lines around it, none of them another edit's. */
export interface Told {
  head: string[]
  removed: string[]
  added: string[]
  tail: string[]
}

export function told({ lines, edits, context }: Scene): Told[] {
  return edits.map(({ from, to, lines: added }, i) => {
    const room = (gap: number) => Math.min(context, Math.max(1, Math.floor(gap / 2)))
    const first = Math.max(from - room(from - (edits[i - 1]?.to ?? -2 * context)), 0)
    const last = Math.min(to + room((edits[i + 1]?.from ?? lines.length + 2 * context) - to), lines.length)
    return { head: lines.slice(first, from), removed: lines.slice(from, to), added, tail: lines.slice(to, last) }
  })
}

/** The two sides of a block. */
export function sides({ head, removed, added, tail }: Told): { search: string[]; replace: string[] } {
  return { search: [...head, ...removed, ...tail], replace: [...head, ...added, ...tail] }
}

export function asBlocks(blocks: { search: string[]; replace: string[] }[]): string {
  const lines = blocks.flatMap(({ search, replace }) => [
    '<<<<<<< SEARCH',
    ...search,
    '=======',
    ...replace,
    '>>>>>>> REPLACE',
    '',
  ])
  return lines.join('\n')
}

export function asDiff(path: string, hunks: Told[], numbers: readonly number[] = []): string {
  const lines = hunks.flatMap(({ head, removed, added, tail }, i) => [
    `@@ -${numbers[i] ?? 1},${numbers[i + 1] ?? 1} +${numbers[i + 2] ?? 1},${numbers[i] ?? 1} @@`,
    ...head.map((text) => ` ${text}`),
    ...removed.map((text) => `-${text}`),
    ...added.map((text) => `+${text}`),
    ...tail.map((text) => ` ${text}`),
  ])
  return [`--- a/${path}`, `+++ b/${path}`, ...lines, ''].join('\n')
}
