/** A line that goes, comes, or stays; `…` stands for lines that are left out. */
export interface ChangedLine {
  sign: '-' | '+' | ' ' | '…'
  text: string
}

/** Lines that stay, shown around those that change. */
const AROUND = 2
/** Most lines that go, and that come, that are shown. */
const MOST = 60

/** Most of one line that is shown, in characters. */
const LONGEST = 1_000

/** What differs between two texts, from the first line that does to the last: one block, for a person to look at. */
export function changedLines(before: string, after: string): ChangedLine[] {
  const [old, young] = [linesOf(before), linesOf(after)]
  const start = commonPrefix(old, young)
  const end = Math.min(commonPrefix(old.toReversed(), young.toReversed()), old.length - start, young.length - start)
  return [
    ...signed(' ', old.slice(Math.max(0, start - AROUND), start)),
    ...shortened('-', old.slice(start, old.length - end)),
    ...shortened('+', young.slice(start, young.length - end)),
    ...signed(' ', old.slice(old.length - end, old.length - end + AROUND)),
  ]
}

function commonPrefix(a: string[], b: string[]): number {
  const at = a.findIndex((line, i) => line !== b[i])
  return at < 0 ? a.length : at
}

function shortened(sign: '-' | '+', lines: string[]): ChangedLine[] {
  if (lines.length <= MOST) return signed(sign, lines)
  return [...signed(sign, lines.slice(0, MOST)), { sign: '…', text: `${lines.length - MOST} more lines` }]
}

function signed(sign: ChangedLine['sign'], lines: string[]): ChangedLine[] {
  return lines.map((text) => ({ sign, text: text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text }))
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
