import type { EditAnswer, FileEdit, Hunk } from '../../../src/files/edits/edit.ts'
import { readAnswer } from '../../../src/files/edits/read-answer.ts'

/** How tools have looked for blocks, each in a few lines of its own: to show on the same cases what the rules are for. */
export interface Strategy {
  name: string
  /** The text with one block made; undefined where it finds no place. */
  make(text: string, search: string[], replace: string[]): string | undefined
  /** What it does with a block that has no place: nothing at all, or all blocks but that. */
  skips?: true
}

export const NAIVE: Strategy[] = [
  {
    name: 'the first place to the letter',
    make(text, search, replace) {
      const at = text.indexOf(search.join('\n'))
      return at < 0 ? undefined : text.slice(0, at) + replace.join('\n') + text.slice(at + search.join('\n').length)
    },
  },
  {
    name: 'the first lines that are the same when trimmed',
    make: (text, search, replace) => atLines(text, search.length, replace, firstTrimmed(text.split('\n'), search)),
  },
  {
    name: 'the first and the last line, whatever lies between',
    make(text, search, replace) {
      const lines = text.split('\n')
      const exact = firstTrimmed(lines, search)
      if (exact >= 0 || search.length < 3) return atLines(text, search.length, replace, exact)
      const from = lines.findIndex((line) => line.trim() === search[0]!.trim())
      const to = lines.findIndex((line, i) => i > from && line.trim() === search.at(-1)!.trim())
      return from < 0 || to < 0 ? undefined : atLines(text, to - from + 1, replace, from)
    },
  },
  {
    name: 'the first lines that are two thirds alike; what is not found is passed over',
    skips: true,
    make(text, search, replace) {
      const lines = text.split('\n')
      const windows = lines.slice(0, Math.max(1, lines.length - search.length + 1)).map((_, i) => i)
      const wanted = search.map((line) => line.trim()).join('\n')
      const like = (at: number) =>
        lines
          .slice(at, at + search.length)
          .map((line) => line.trim())
          .join('\n')
      const at = windows.find((start) => alike(like(start), wanted) >= 0.66) ?? -1
      return atLines(text, search.length, replace, at)
    },
  },
]

/** What a strategy makes of a case: the files that change, or undefined where it gives up. */
export function naively(strategy: Strategy, files: ReadonlyMap<string, string>, answer: EditAnswer) {
  const read = readAnswer(answer)
  if ('failures' in read) return undefined
  const made = new Map<string, string>()
  for (const edit of read.edits) {
    const after = edited(strategy, files.get(edit.path), edit)
    if (after === undefined) return undefined
    if (after !== files.get(edit.path)) made.set(edit.path, after)
  }
  return made.size === 0 ? undefined : made // that nothing changed is no wrong text
}

function edited(strategy: Strategy, before: string | undefined, edit: FileEdit): string | undefined {
  if ('content' in edit) return edit.content
  if (before === undefined) return undefined
  let text: string = before
  for (const hunk of edit.hunks) {
    const { search, replace } = sidesOf(hunk)
    // Without a line to look for, lines went to the end of the file.
    const made = search.length === 0 ? `${text}${replace.join('\n')}\n` : strategy.make(text, search, replace)
    if (made === undefined && !strategy.skips) return undefined
    text = made ?? text
  }
  return text
}

function sidesOf(hunk: Hunk): { search: string[]; replace: string[] } {
  if (!('characters' in hunk)) return hunk
  const { search, replace } = hunk.characters
  return { search: search.split('\n'), replace: replace.split('\n') }
}

function firstTrimmed(lines: string[], search: string[]): number {
  return lines.findIndex((_, at) => search.every((line, i) => lines[at + i]?.trim() === line.trim()))
}

function atLines(text: string, length: number, replace: string[], at: number): string | undefined {
  return at < 0
    ? undefined
    : text
        .split('\n')
        .toSpliced(at, length, ...replace)
        .join('\n')
}

/** One less the edit distance by the longer length. */
function alike(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])))
    row = next
  }
  return 1 - row[b.length]! / Math.max(a.length, b.length, 1)
}
