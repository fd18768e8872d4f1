import { endsWithNewline, joined, type Line, lineEnd, type TextLines } from './lines.ts'
import type { Placed, Splice } from './place.ts'

/** The text with all blocks made. They must not speak of the same lines. */
export function spliced(text: TextLines, placed: readonly Placed[]): string {
  const file = text.lines
  const usual = lineEnd(file)
  const lines: Line[] = []
  let at = 0
  for (const { from, to, lines: come } of inOrder(placed)) {
    lines.push(...file.slice(at, from))
    const end = (file[from] ?? file[from - 1])?.end || usual
    lines.push(...come.map((text) => ({ text, end })))
    at = to
  }
  lines.push(...file.slice(at))
  const wanted = placed.find(({ finalNewline }) => finalNewline !== undefined)?.finalNewline ?? endsWithNewline(file)
  return joined({ mark: text.mark, lines: ended(lines, wanted, usual) })
}

/** All splices of a file, by their place. */
export function inOrder(placed: readonly Placed[]): Splice[] {
  return placed.flatMap(({ splices }) => splices).sort((a, b) => a.from - b.from || a.to - b.to)
}

/** Every line but the last ends, and that one does as wanted; a blank one always does, else it would be no line. */
function ended(lines: Line[], wanted: boolean, usual: string): Line[] {
  return lines.map(({ text, end }, i) => {
    if (i === lines.length - 1 && !wanted && text !== '') return { text, end: '' }
    return { text, end: end || usual }
  })
}
