import type { Syntax } from './syntax.ts'

/** From and to: offsets in a text. */
export type Range = [from: number, to: number]

/** Where the comments and the strings of a text are. A string's range is what stands between its marks. */
export interface Ranges {
  comments: Range[]
  strings: Range[]
}

const NOTHING: Ranges = { comments: [], strings: [] }

/**
 * Finds comments and strings in one pass, looking at each character once. It knows no grammar: what it takes for a string
 * in broken code ends with the line where the language says so.
 */
export function rangesIn(text: string, syntax: Syntax | undefined): Ranges {
  if (!syntax) return NOTHING
  const found: Ranges = { comments: [], strings: [] }
  const starts = startsOf(syntax)
  /** For each template that is open: how many braces are open in the code within it. */
  const templates: number[] = []
  let at = 0
  while (at < text.length) {
    const char = text[at]!
    if (templates.length > 0 && (char === '{' || char === '}')) {
      const depth = templates.at(-1)! + (char === '{' ? 1 : -1)
      if (depth >= 0) templates[templates.length - 1] = depth
      else {
        templates.pop()
        at = template(text, at + 1, found, templates)
        continue
      }
    }
    at = starts.has(char) ? special(text, at, syntax, found, templates) : at + 1
  }
  return found
}

function startsOf({ line, block, quotes, patterns }: Syntax): Set<string> {
  const marks = [...line, ...block.map(([open]) => open), ...quotes.map(({ mark }) => mark), ...(patterns ? ['/'] : [])]
  return new Set(marks.map((mark) => mark[0]!))
}

/** Where to go on after what begins here; one character further when nothing does. */
function special(text: string, at: number, syntax: Syntax, found: Ranges, templates: number[]): number {
  const line = syntax.line.find((mark) => text.startsWith(mark, at))
  if (line && (line !== '#' || beginsWord(text, at))) return comment(text, at, '\n', found)
  const block = syntax.block.find(([open]) => text.startsWith(open, at))
  if (block) return comment(text, at, block[1], found)
  const quote = syntax.quotes.find(({ mark }) => text.startsWith(mark, at))
  if (quote?.template) return template(text, at + 1, found, templates)
  if (quote) return string(text, at + quote.mark.length, quote, found)
  if (syntax.patterns && text[at] === '/' && mayBePattern(text, at)) return pattern(text, at + 1, found)
  return at + 1
}

/** `#` in the middle of a word is none of a comment. */
function beginsWord(text: string, at: number): boolean {
  return at === 0 || /[\s;)}\],(]/.test(text[at - 1]!)
}

function comment(text: string, at: number, end: string, { comments }: Ranges): number {
  const close = text.indexOf(end, at + 1)
  const to = close < 0 ? text.length : end === '\n' ? close : close + end.length
  comments.push([at, to])
  return to
}

function string(
  text: string,
  from: number,
  { mark, lines, raw }: { mark: string; lines?: true; raw?: true },
  { strings }: Ranges,
): number {
  let at = from
  while (at < text.length) {
    if (text[at] === '\\' && !raw) {
      at += 2
      continue
    }
    if (text.startsWith(mark, at)) break
    if (text[at] === '\n' && !lines) break
    at++
  }
  const to = Math.min(at, text.length)
  strings.push([from, to])
  return text.startsWith(mark, to) ? to + mark.length : to
}

/** A piece of a template: up to its end, or to the code in it. */
function template(text: string, from: number, { strings }: Ranges, templates: number[]): number {
  let at = from
  while (at < text.length && text[at] !== '`' && !(text[at] === '$' && text[at + 1] === '{'))
    at += text[at] === '\\' ? 2 : 1
  const to = Math.min(at, text.length)
  strings.push([from, to])
  if (text[to] === '$') templates.push(0)
  return text[to] === '$' ? to + 2 : to + 1
}

/** After a value a slash divides. */
function mayBePattern(text: string, at: number): boolean {
  if (text[at + 1] === '>') return false
  let before = at - 1
  while (before >= 0 && at - before < 50 && (text[before] === ' ' || text[before] === '\t')) before--
  if (before < 0) return true
  if (/[(,=:[!&|?{};+\-*%~^<>\n]/.test(text[before]!)) return text[before] !== '<'
  return /(?:^|\W)(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield)$/.test(
    text.slice(Math.max(0, before - 9), before + 1),
  )
}

const LONGEST_PATTERN = 2_000

function pattern(text: string, from: number, { strings }: Ranges): number {
  let inClass = false
  for (let at = from; at < Math.min(text.length, from + LONGEST_PATTERN); at++) {
    const char = text[at]
    if (char === '\n') return from
    if (char === '\\') at++
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) {
      strings.push([from, at])
      return at + 1
    }
  }
  return from
}
