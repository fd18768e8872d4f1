import type { Definition, Symbols } from './symbol.ts'

/** What is looked at, in characters: of the whole, and of each row. */
const LONGEST_TEXT = 100_000
const LONGEST_ROW = 1_000
const LONGEST_SIGNATURE = 160
const MOST_DEFINITIONS = 500

interface Mark {
  kind: string
  pattern: RegExp
}

const MARKS: Readonly<Record<string, Mark[]>> = {
  html: [
    { kind: 'title', pattern: /<title[^>]*>([^<]+)/gi },
    { kind: 'heading', pattern: /<h[1-6]\b[^>]*>\s*(?:<[^>]+>\s*)*([^<]+)/gi },
    { kind: 'id', pattern: /\sid\s*=\s*["']([^"'<>\s]+)["']/gi },
  ],
  css: [
    { kind: 'property', pattern: /(?:^|[{;\s])(--[\w-]+)\s*:/g },
    { kind: 'selector', pattern: /(?:^|})([^{}@;]+)\{/g },
  ],
  markdown: [{ kind: 'heading', pattern: /^#{1,6}\s+(.+?)\s*#*$/g }],
}

const LIKE: Readonly<Record<string, string>> = { scss: 'css', less: 'css', vue: 'html', svelte: 'html', xhtml: 'html' }

/** What can be told of a file without a grammar: the headings and ids of a page, the selectors and properties of a style sheet. */
export function outline(language: string, text: string): Symbols {
  const marks = MARKS[LIKE[language] ?? language] ?? []
  const definitions = new Map<string, Definition>()
  text
    .slice(0, LONGEST_TEXT)
    .split('\n')
    .forEach((row, i) => {
      for (const { kind, name } of marksIn(marks, row.slice(0, LONGEST_ROW))) {
        const signature = name.length > LONGEST_SIGNATURE ? `${name.slice(0, LONGEST_SIGNATURE - 1)}…` : name
        definitions.set(`${kind} ${name}`, {
          name,
          kind,
          line: i + 1,
          signature,
          depth: 0,
          ...definitions.get(`${kind} ${name}`),
        })
      }
    })
  return { definitions: [...definitions.values()].slice(0, MOST_DEFINITIONS), references: [] }
}

function marksIn(marks: Mark[], row: string): { kind: string; name: string }[] {
  return marks
    .flatMap(({ kind, pattern }) =>
      [...row.matchAll(pattern)].map((match) => ({ kind, name: match[1]!.trim().replace(/\s+/g, ' ') })),
    )
    .filter(({ name }) => name !== '')
}
