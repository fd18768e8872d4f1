import { bundle } from './bundler.ts'
import { type Fault, faultAt } from './fault.ts'

/** CSS, with what its tools add (`@tailwind`, `@apply`). */
export async function checkCss(text: string): Promise<Fault[]> {
  const faults = await bundle('file.css', text)
  return faults.length > 0 ? faults : unclosedCss(text)
}

/** SCSS by its own parser. The indented syntax is another language. */
export async function checkScss(text: string): Promise<Fault[]> {
  const { parse } = await import('postcss-scss')
  try {
    parse(text)
    return []
  } catch (error) {
    const { name, line, column, reason, message } = error as Error & { line?: number; column?: number; reason?: string }
    if (name !== 'CssSyntaxError') return []
    return [{ ...(line ? { line } : {}), ...(column ? { column } : {}), message: reason ?? message }]
  }
}

/** One thing in which braces don't count, or a brace. What isn't closed runs to the end. */
const PIECES =
  /\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|url\(\s*[^'"\s)][^)]*\)?|[{}]/g

/**
 * A block or comment that the end of a style sheet leaves open. CSS parsers close both in silence, so a sheet that was
 * cut off in the middle would pass.
 */
function unclosedCss(text: string): Fault[] {
  const open: number[] = []
  for (const { 0: piece, index } of text.matchAll(PIECES)) {
    if (piece === '{') open.push(index)
    else if (piece === '}') open.pop()
    else if (piece.startsWith('/*') && (piece.length < 4 || !piece.endsWith('*/')))
      return [faultAt(text, index, 'This comment is never closed')]
  }
  const last = open.at(-1)
  return last === undefined ? [] : [faultAt(text, last, 'This block is never closed')]
}
