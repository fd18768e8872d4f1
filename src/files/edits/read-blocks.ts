import type { FileEdit, LinesHunk } from './edit.ts'
import type { EditFailure } from './failure.ts'
import type { Read } from './read-answer.ts'

const OPENS = /^\s*(<{5,})\s*SEARCH\s*>?\s*$/i
const DIVIDES = /^(={5,})\s*$/
const CLOSES = /^\s*(>{5,})\s*REPLACE\s*$/i
const FENCE = /^\s*(?:`{3,}|~{3,})/

export function hasBlocks(lines: readonly string[]): boolean {
  return lines.some((line) => OPENS.test(line))
}

interface Block {
  number: number
  path?: string
  search: string[]
  replace: string[]
}

/**
 * Search/replace blocks: `<<<<<<< SEARCH`, the lines, `=======`, what comes instead, `>>>>>>> REPLACE`. Where the lines hold such
 * a line themselves, the three of the block are longer than it. A line before a block may name its file; words around blocks
 * are nobody's, but the remains of a block are a failure: no part of an answer is passed over in silence.
 */
export function readBlocks(lines: readonly string[], path: string | undefined): Read {
  const blocks: Block[] = []
  const failures: EditFailure[] = []
  let named = path
  let isLost = false // after a broken block, until the next: its remains are told once
  for (let at = 0; at < lines.length; at++) {
    const opens = OPENS.exec(lines[at]!)
    const number = blocks.length + failures.length + 1
    if (!opens) {
      if (!isRemains(lines[at]!)) named = pathOf(nameIn(lines, at), path) ?? named
      else if (!isLost) failures.push(malformed(number, REMAINS))
      isLost ||= isRemains(lines[at]!)
      continue
    }
    const end = endOf(lines, at, opens[1]!.length)
    if (end === undefined) {
      failures.push(malformed(number, UNCLOSED))
      isLost = true
      continue
    }
    const divider = dividerOf(lines, at, end, opens[1]!.length)
    if (divider === undefined) failures.push(malformed(number, UNDIVIDED))
    else
      blocks.push({ number, path: named, search: lines.slice(at + 1, divider), replace: lines.slice(divider + 1, end) })
    at = end
    isLost = false
  }
  return failures.length > 0 ? { failures } : byFile(blocks)
}

const REMAINS =
  'there is a line of a block outside of one. Each block is one “<<<<<<< SEARCH”, one “=======”, one “>>>>>>> REPLACE”.'
const UNCLOSED = 'it has no end: the line “>>>>>>> REPLACE” is missing.'
const UNDIVIDED =
  'what is searched for and what replaces it can’t be told apart. There must be one line “=======” between them; where the text holds such a line itself, write all three lines of the block with more characters.'

function malformed(block: number, message: string): EditFailure {
  return { reason: 'malformed', message, block }
}

function isRemains(line: string): boolean {
  return CLOSES.test(line) || /^={7,}\s*$/.test(line)
}

/** Where a block ends: at its own closing line, which is before the next block. */
function endOf(lines: readonly string[], at: number, length: number): number | undefined {
  const next = lines.findIndex((line, i) => i > at && lengthOf(OPENS, line) === length)
  const inside = lines.slice(0, next < 0 ? undefined : next)
  const closing = (fits: (length: number) => boolean) =>
    inside.findIndex((line, i) => i > at && CLOSES.test(line) && fits(lengthOf(CLOSES, line)!))
  const own = closing((found) => found === length)
  const end = own < 0 ? closing(() => true) : own
  return end < 0 ? undefined : end
}

function lengthOf(marker: RegExp, line: string): number | undefined {
  return marker.exec(line)?.[1]?.length
}

/** The one line that can divide it: of several the one that is as long as the block's first. */
function dividerOf(lines: readonly string[], at: number, end: number, length: number): number | undefined {
  const found = [...lines.keys()].slice(at + 1, end).filter((i) => DIVIDES.test(lines[i]!))
  const own = found.filter((i) => lengthOf(DIVIDES, lines[i]!) === length)
  const [only, second] = own.length > 0 ? own : found
  return second === undefined ? only : undefined
}

/** The one file that was asked about may be named without its folders. */
function pathOf(said: string | undefined, path: string | undefined): string | undefined {
  return said !== undefined && path?.endsWith(`/${said}`) ? path : said
}

/** The path that a line names, if it is the last before a block but for fences and blank lines. */
function nameIn(lines: readonly string[], at: number): string | undefined {
  const next = lines.slice(at + 1).find((line) => line.trim() !== '' && !FENCE.test(line))
  if (next === undefined || !OPENS.test(next)) return undefined
  const bare = lines[at]!.replace(FENCE, '')
    .replace(/^[\s#*>`-]*(?:file(?:name)?\s*:\s*)?[*`"']*|[\s*`"':]*$/gi, '')
    .trim()
  return /^[^\s<>|"?*]*(?:\/[^\s/]+|[^\s/.]\.[A-Za-z0-9]{1,8})$/.test(bare) ? bare.replace(/^\.\//, '') : undefined
}

function byFile(blocks: Block[]): Read {
  const nameless = blocks.filter(({ path }) => path === undefined)
  if (nameless.length > 0)
    return {
      failures: nameless.map(({ number }) => ({
        reason: 'unknown_file',
        block: number,
        message: 'nothing says in which file. Write its path on the line before the block.',
      })),
    }
  const files = Map.groupBy(blocks, ({ path }) => path!)
  return { edits: [...files].map(([path, of]) => ({ path, ...changeOf(of) })) }
}

/** A block that searches for nothing makes a new file. */
function changeOf(
  blocks: Block[],
): { hunks: LinesHunk[] } | Pick<Extract<FileEdit, { content: string }>, 'content' | 'block' | 'creates'> {
  const [first, second] = blocks
  if (second === undefined && first!.search.join('') === '' && first!.search.length <= 1 && first!.replace.length > 0)
    return { content: `${first!.replace.join('\n')}\n`, block: first!.number, creates: true }
  return { hunks: blocks.map(({ number, search, replace }) => ({ block: number, search, replace })) }
}
