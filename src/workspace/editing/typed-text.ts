import { diffTexts, endOf, type LineEnds, lineEndsOf, linesOf } from '../../files/diff/diff.ts'

/**
 * A text as somebody typed it over another one: a browser sends every line end as two characters, so lines that stay keep
 * their own end, and lines that are new get the end that most of the others have.
 */
export function typedText(sent: string, seen: string): string {
  const plain = sent.replace(/\r\n?/g, '\n')
  const was = linesOf(seen)
  const end = ENDS[lineEndsOf(was).ends] ?? commonEnd(was)
  if (end === '\n' && !seen.includes('\r')) return plain
  const diff = diffTexts(was.map(closed).join(''), plain)
  const lines = diff.after.map((line) => line.replace(/\n$/, end))
  let [i, j] = [0, 0]
  for (const run of [...diff.runs, { from: was.length, to: was.length, newFrom: lines.length, newTo: lines.length }]) {
    while (i < run.from && j < run.newFrom) lines[j++] = was[i++]!
    ;[i, j] = [run.to, run.newTo]
  }
  return lines.join('')
}

const ENDS: Partial<Record<LineEnds['ends'], string>> = { none: '\n', lf: '\n', crlf: '\r\n' }

function closed(line: string): string {
  return endOf(line) === '\r\n' ? `${line.slice(0, -2)}\n` : line
}

function commonEnd(lines: string[]): string {
  const ends = Map.groupBy(lines, endOf)
  return (ends.get('\r\n')?.length ?? 0) > (ends.get('\n')?.length ?? 0) ? '\r\n' : '\n'
}
