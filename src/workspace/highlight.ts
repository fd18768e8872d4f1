import hljs from 'highlight.js/lib/common'
import dockerfile from 'highlight.js/lib/languages/dockerfile'
import { languageOf } from '../files/languages.ts'

/** Longest text that is highlighted, in characters; a longer one is shown plain. */
const MAX_LENGTH = 200_000
/** Some grammars take a time that grows with the square of a line's length: the most that all lines may add up to. */
const MAX_WORK = 20_000_000

hljs.registerLanguage('dockerfile', dockerfile)

/** Our words for languages -> the grammars', where they differ. */
const GRAMMARS: Readonly<Record<string, string>> = {
  html: 'xml',
  xhtml: 'xml',
  svg: 'xml',
  vue: 'xml',
  svelte: 'xml',
  jsx: 'javascript',
  tsx: 'typescript',
  jsonc: 'json',
  json5: 'json',
  jsonl: 'json',
  toml: 'ini',
}

/**
 * The text of a file as safe HTML, line by line: classed spans, each closed in its own line. Never throws: what can't
 * be highlighted is escaped.
 */
export function highlightLines(path: string, text: string): string[] {
  const clean = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/\n$/, '')
  return splitSpans(htmlOf(languageOf(path), clean))
}

function htmlOf(language: string, text: string): string {
  const grammar = GRAMMARS[language] ?? language
  if (text.length > MAX_LENGTH || workOf(text) > MAX_WORK || !hljs.getLanguage(grammar)) return Bun.escapeHTML(text)
  try {
    return hljs.highlight(text, { language: grammar, ignoreIllegals: true }).value
  } catch {
    return Bun.escapeHTML(text) // a grammar's own fault is no reason not to show the file
  }
}

function workOf(text: string): number {
  return text.split('\n').reduce((sum, { length }) => sum + length ** 2, 0)
}

/** Cuts at line ends; spans that go on are closed before and opened again after. */
function splitSpans(html: string): string[] {
  const open: string[] = []
  return html.split('\n').map((line) => {
    const before = open.join('')
    for (const [tag] of line.matchAll(/<span [^>]*>|<\/span>/g)) {
      if (tag === '</span>') open.pop()
      else open.push(tag)
    }
    return before + line + '</span>'.repeat(open.length)
  })
}
