import type { Fault } from './fault.ts'

/** The start of a comment line in the languages that models write. */
const COMMENT = /^\s*(?:\{?\/\*+|\/\/+|\*|#+|<!--+|--|;+|%+|"""|''')\s*(.*?)\s*(?:\*\/\}?|--+>|"""|''')?\s*$/
/** In prose a stand-in is a comment of the markup, or a line in brackets. */
const ASIDE = /^\s*(?:<!--+|[[(]|\*\(|_\()\s*(.*?)\s*(?:--+>|[\])]|\)\*|\)_)\s*$/

const PART =
  '(?:code|file|files|contents?|page|markup|html|css|styles?|stylesheet|rules|scripts?|functions?|components?|class(?:es)?|implementation|logic|methods?|sections?|document|template|chapter|story|text|imports|props)'

const SAID = [
  // "... rest of the code", "... unchanged", "... keep existing code ..."
  /^(?:\.{3}|…)\s*[([]?(?:the |keep |all )*(?:rest\b|unchanged\b|omitted\b|same as (?:before|above)\b)/i,
  new RegExp(`^(?:\\.{3}|…)\\s*[([]?(?:\\w+ )*(?:remaining|existing|previous|other|same) ${PART}\\b`, 'i'),
  // "rest of the code remains the same", "the rest of the file ..."
  new RegExp(
    `^\\W*(?:the )?(?:rest|remainder) of (?:the |your |this )?(?:\\w+ )?${PART}\\b(?:.*\\b(?:unchanged|same|as before|omitted|goes here|here|continues)\\b)?\\W*$`,
    'i',
  ),
  // "remaining methods unchanged", "existing code here", "previous code stays the same"
  new RegExp(
    `^\\W*(?:the )?(?:remaining|existing|previous|original) ${PART}\\W*(?:(?:remains?|stays?|is|are|goes|go)\\b.*\\b)?(?:unchanged|the same|as before|here|omitted)\\W*$`,
    'i',
  ),
  // "existing code", alone
  /^\W*existing code\W*$/i,
  // "code omitted for brevity"
  /\b(?:omitted|shortened|truncated|abbreviated) for (?:brevity|clarity|space)\W*$/i,
]

/** Lines that stand in for text that was left out ("... rest of the code unchanged"). */
export function placeholders(language: string, text: string): Fault[] {
  const shape = language === 'markdown' || language === 'text' ? ASIDE : COMMENT
  return linesOutsideFences(language, text).flatMap(([line, row]) => {
    const said = row.length < 200 ? shape.exec(row)?.[1] : undefined
    return said && SAID.some((pattern) => pattern.test(said))
      ? [{ line, message: `“${row.trim()}” stands in for text that was left out: write it in full` }]
      : []
  })
}

/** Numbered lines; in Markdown without those of its examples, and in Python without those within long strings: both may well leave things out. */
function linesOutsideFences(language: string, text: string): [number, string][] {
  const fence = FENCES[language]
  let fenced = false
  return text.split('\n').flatMap((row, i): [number, string][] => {
    const was = fenced
    if (fence && (row.match(fence)?.length ?? 0) % 2 === 1) fenced = !fenced
    return was || (fenced && language === 'markdown') ? [] : [[i + 1, row]]
  })
}

const FENCES: Readonly<Record<string, RegExp>> = { markdown: /^\s*(?:```|~~~)/, python: /"""|'''/g }
