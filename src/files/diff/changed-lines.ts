import { diffTexts } from './diff.ts'
import { hunksOf } from './hunks.ts'

/** A line that goes, comes, or stays; `…` stands for lines that are left out. */
export interface ChangedLine {
  sign: '-' | '+' | ' ' | '…'
  text: string
}

/** Lines that stay, shown around those that change. */
const AROUND = 2
/** Most lines that go or come that are shown. */
const MOST = 120
/** Most of one line that is shown, in characters. */
const LONGEST = 1_000

/** What differs between two texts, in short, for a person who is asked about it. */
export function changedLines(before: string, after: string): ChangedLine[] {
  const { hunks, left } = hunksOf(diffTexts(before, after), AROUND, MOST)
  const lines = hunks.flatMap(({ rows, skipped }, at): ChangedLine[] => [
    ...(at > 0 ? [{ sign: '…' as const, text: plural(skipped, 'line that stays', 'lines that stay') }] : []),
    ...rows.map(({ sign, text }) => ({ sign, text: shortened(text) })),
  ])
  return left > 0 ? [...lines, { sign: '…', text: plural(left, 'more line', 'more lines') }] : lines
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
