import { inOrder } from './apply-hunks.ts'
import type { LinesHunk, TextHunk } from './edit.ts'
import { folded } from './fold.ts'
import { indentOf, type Pair, uniform } from './indent.ts'
import { type Line, plainEnds, type TextLines, textLines } from './lines.ts'
import type { Pass } from './locate.ts'
import type { Placed } from './place.ts'
import { offsetsOf } from './place-text.ts'

/**
 * True when `after` is `before` with these blocks made and nothing else: read anew from the text that came of it, each block's
 * place says what its two sides say, and every other line is what it was, byte for byte.
 */
export function proved(before: TextLines, after: string, placed: readonly Placed[]): boolean {
  const made = textLines(after)
  if (made.mark !== before.mark || !othersStay(before.lines, made.lines, placed)) return false
  return placed.every((one) => {
    const others = placed.filter((other) => other !== one)
    const from = one.from + grownBefore(others, one.from)
    const to = from + (one.to - one.from) + growth(one.splices)
    const texts = (lines: Line[]) => lines.map(({ text }) => text)
    return says(one, texts(before.lines.slice(one.from, one.to)), texts(made.lines.slice(from, to)))
  })
}

/** Every line outside of what changes is there, in order, the same to the byte; a last line may gain or lose its end. */
function othersStay(before: readonly Line[], after: readonly Line[], placed: readonly Placed[]): boolean {
  let [old, young] = [0, 0]
  for (const { from, to, lines } of inOrder(placed)) {
    if (from < old || !sameLines(before.slice(old, from), after.slice(young, young + from - old))) return false
    young += from - old + lines.length
    old = to
  }
  return sameLines(before.slice(old), after.slice(young))
}

function sameLines(before: Line[], after: Line[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ text, end }, i) => {
      const made = after[i]!
      return text === made.text && (end === made.end || end === '' || made.end === '')
    })
  )
}

/** How many lines blocks have put before a line of the old text. */
function grownBefore(placed: readonly Placed[], line: number): number {
  return growth(inOrder(placed).filter(({ to }) => to <= line))
}

function growth(splices: Placed['splices']): number {
  return splices.reduce((sum, { from, to, lines }) => sum + lines.length - (to - from), 0)
}

function says({ hunk, pass }: Placed, before: string[], after: string[]): boolean {
  return 'characters' in hunk ? saysText(hunk, before, after) : saysLines(hunk, pass, before, after)
}

function saysText({ characters }: TextHunk, before: string[], after: string[]): boolean {
  const [search, replace] = [plainEnds(characters.search), plainEnds(characters.replace)]
  const [is, made] = [`${before.join('\n')}\n`, `${after.join('\n')}\n`]
  const [at, second] = offsetsOf(is, search, 2)
  if (at === undefined || second !== undefined) return false
  const wanted = is.slice(0, at) + replace + is.slice(at + search.length)
  const plain = (text: string) => text.replace(/\n+$/, '')
  return wanted === made || plain(wanted) === plain(made) // the file's own end is not the block's to say
}

function saysLines({ search, replace }: LinesHunk, pass: Pass, before: string[], after: string[]): boolean {
  const same = SAME[pass]
  const equal = (said: string[], is: string[]) =>
    said.length === is.length && said.every((line, i) => same(line) === same(is[i]!))
  if (!equal(search, before) || !equal(replace, after)) return false
  return (
    pass === 'exact' ||
    pass === 'trailing space' ||
    uniform([...pairs(search, before), ...pairs(replace, after)]) !== undefined
  )
}

const SAME: Record<Pass, (line: string) => string> = {
  exact: (line) => line,
  'trailing space': (line) => line.trimEnd(),
  indentation: (line) => line.trim(),
  punctuation: (line) => folded(line).trim(),
}

function pairs(said: string[], is: string[]): Pair[] {
  return said.flatMap((line, i): Pair[] =>
    line.trim() === '' ? [] : [[indentOf(folded(line)), indentOf(folded(is[i]!))]],
  )
}
