import type { Fault } from './validate.ts'

/** One thing in which braces don't count, or a brace. What isn't closed runs to the end. */
const PIECES =
  /\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|url\(\s*[^'"\s)][^)]*\)?|[{}]/g

/**
 * A block or comment that the end of a style sheet leaves open. CSS parsers close both in silence, so a sheet that was
 * cut off in the middle would pass.
 */
export function unclosedCss(text: string): Fault[] {
  const open: number[] = []
  for (const { 0: piece, index } of text.matchAll(PIECES)) {
    if (piece === '{') open.push(index)
    else if (piece === '}') open.pop()
    else if (piece.startsWith('/*') && (piece.length < 4 || !piece.endsWith('*/')))
      return [{ line: lineAt(text, index), message: 'This comment is never closed' }]
  }
  const last = open.at(-1)
  return last === undefined ? [] : [{ line: lineAt(text, last), message: 'This block is never closed' }]
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
