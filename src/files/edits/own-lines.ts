import { folded, sameLength } from './fold.ts'
import type { Found } from './locate.ts'
import { reindented } from './reindented.ts'
import type { Run } from './runs.ts'

/** What the file has for each line that goes; null where it has two things for the same. */
export type OwnLines = ReadonlyMap<string, string | null>

export function goneLines(runs: Run[], { at }: Found, file: readonly string[]): OwnLines {
  const own = new Map<string, string | null>()
  for (const { from, removed } of runs)
    for (const [i, line] of removed.entries()) {
      const is = file[at + from + i]!
      if (line.trim() !== '') own.set(line, own.has(line) && own.get(line) !== is ? null : is)
    }
  return own
}

/** The lines that come; those that go elsewhere, and so are moved, as the file has them. */
export function withOwn(
  run: Run,
  stands: string[],
  lines: string[],
  found: Found,
  own: OwnLines,
): string[] | undefined {
  if (!run.added.some((line) => own.has(line)))
    return found.pass === 'punctuation' ? punctuated(stands, run.removed, lines, found) : lines
  if (found.pass === 'punctuation' && run.added.some((line) => own.get(line) === null)) return undefined
  return lines.map((line, i) => own.get(run.added[i]!) ?? line)
}

/**
 * True when a line with punctuation of the file's goes at one place and another comes elsewhere, maybe the same, changed: then
 * nothing says whose punctuation that one is to have.
 */
export function leavesPunctuation(runs: Run[], { at }: Found, file: readonly string[], own: OwnLines) {
  const isFancy = (line: string, i: number) => folded(line) !== line || folded(file[at + i]!) !== file[at + i]
  const goes = runs.some(({ from, removed }) => removed.some((line, i) => isFancy(line, from + i)))
  const moves = runs.some(({ added }) => added.some((line) => own.has(line)))
  const isSplit = moves || runs.some(({ removed, added }) => removed.length > 0 && added.length === 0)
  const comes = runs.some(
    ({ removed, added }) => (removed.length === 0 || moves) && added.some((line) => !own.has(line)),
  )
  return goes && isSplit && comes
}

/**
 * The new lines with the file's own punctuation wherever they repeat what they replace: before the first character that
 * differs, and after the last. Undefined when the file has other punctuation than the model between them.
 */
function punctuated(stands: string[], removed: string[], added: string[], found: Found): string[] | undefined {
  const trimmed = stands.map((line) => line.trimEnd())
  const said = reindented(removed, found)?.map((line) => line.trimEnd())
  if (!said || added.length === 0 || trimmed.every((line, i) => line === said[i])) return added
  const [is, was, now] = [trimmed.join('\n'), said.join('\n'), added.join('\n')]
  if (folded(is) !== folded(was)) return undefined
  const head = commonHead(was, now)
  const tail = Math.min(commonHead(reversed(was), reversed(now)), was.length - head, now.length - head)
  const [from, to] = [sameLength(was, head, is), sameLength(was, was.length - tail, is)]
  if (from === undefined || to === undefined || is.slice(from, to) !== was.slice(head, was.length - tail))
    return undefined
  return (is.slice(0, from) + now.slice(head, now.length - tail) + is.slice(to)).split('\n')
}

function commonHead(a: string, b: string): number {
  let length = 0
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++
  return length
}

function reversed(text: string): string {
  return [...Array(text.length).keys()].map((i) => text[text.length - 1 - i]).join('')
}
