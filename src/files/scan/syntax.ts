/** How a language writes what is no code: comments, and strings with the ways in which they hold code after all. */
export interface Syntax {
  /** What begins a comment that ends with its line. */
  line: string[]
  /** What begins and ends a comment of several lines. */
  block: [string, string][]
  /** What begins a string and ends it; a longer one stands before a shorter. */
  quotes: Quote[]
  /** A `/` may begin a pattern. */
  patterns?: true
}

interface Quote {
  mark: string
  /** It goes on over the end of a line. */
  lines?: true
  /** A backslash is a letter like any other. */
  raw?: true
  /** `${` in it begins code that ends with its `}`. */
  template?: true
}

const DOUBLE: Quote = { mark: '"' }
const SINGLE: Quote = { mark: "'" }
const LONG: Quote = { mark: '"""', lines: true }
const C: Syntax = { line: ['//'], block: [['/*', '*/']], quotes: [DOUBLE, SINGLE] }
const SCRIPT: Syntax = { ...C, quotes: [DOUBLE, SINGLE, { mark: '`', lines: true, template: true }], patterns: true }
const JVM: Syntax = { ...C, quotes: [LONG, DOUBLE, SINGLE] }
const WIDE: Quote[] = [
  { mark: '"', lines: true },
  { mark: "'", lines: true },
]
const HASH: Syntax = { line: ['#'], block: [], quotes: WIDE }

/** By the word of `languageOf`; what is not here has neither comments nor strings. */
export const SYNTAXES: Readonly<Record<string, Syntax>> = {
  javascript: SCRIPT,
  jsx: SCRIPT,
  typescript: SCRIPT,
  tsx: SCRIPT,
  vue: SCRIPT,
  svelte: SCRIPT,
  java: JVM,
  kotlin: JVM,
  swift: JVM,
  csharp: JVM,
  c: C,
  cpp: C,
  rust: { ...C, quotes: [{ mark: '"', lines: true }] }, // a lifetime is no string
  go: { ...C, quotes: [DOUBLE, SINGLE, { mark: '`', lines: true, raw: true }] },
  python: { line: ['#'], block: [], quotes: [LONG, { mark: "'''", lines: true }, DOUBLE, SINGLE] },
  ruby: { ...HASH, quotes: [...WIDE, { mark: '`', lines: true }] },
  perl: HASH,
  php: { line: ['//', '#'], block: [['/*', '*/']], quotes: WIDE },
  bash: {
    ...HASH,
    quotes: [
      { mark: '"', lines: true },
      { mark: "'", lines: true, raw: true },
    ],
  },
  sql: { line: ['--'], block: [['/*', '*/']], quotes: [{ mark: "'", lines: true, raw: true }] },
  yaml: { line: ['#'], block: [], quotes: [] },
  dockerfile: { line: ['#'], block: [], quotes: [] },
  makefile: { line: ['#'], block: [], quotes: [] },
  ini: { line: ['#', ';'], block: [], quotes: [] },
  toml: { line: ['#'], block: [], quotes: [] },
  html: { line: [], block: [['<!--', '-->']], quotes: [] },
  css: { line: [], block: [['/*', '*/']], quotes: [] },
  scss: { line: ['//'], block: [['/*', '*/']], quotes: [] },
}
