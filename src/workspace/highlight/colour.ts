import type { HighlighterCore } from 'shiki/core'
import { kindOfColour, THEME } from './kinds.ts'
import { createHighlighterCore, createJavaScriptRegexEngine, GRAMMARS } from './shiki.ts'

/** Longer lines were not written by hand, in characters: they are shown plain. */
const LONGEST_LINE = 2_000
/** A line that is given up would be coloured wrongly, and with it all that follow: until a grammar's expressions are compiled any line takes long. */
const NO_LIMIT = 0
/** Lines read between two looks at the clock. */
const LINES_AT_ONCE = 20

/** Tells of each line which kind of word each part of it is. */
export interface Colouring {
  /**
   * As `numbers`, for each line the number of its parts, then of each part its length and the place of its kind in `KINDS`. What is left
   * of a line is plain, and so are all lines that were not reached within `ms`:
   * then they are not `complete`.
   */
  colour(language: string, lines: string[], ms: number): Promise<Coloured>
}

export interface Coloured {
  numbers: Uint16Array<ArrayBuffer>
  complete: boolean
}

/** Loads shiki; grammars come with the first text of their language. */
export async function openColouring(): Promise<Colouring> {
  const shiki = await createHighlighterCore({ themes: [THEME], langs: [], engine: createJavaScriptRegexEngine() })
  const names = new Map<string, string>()
  return {
    async colour(language, lines, ms) {
      const name = names.get(language) ?? (await load(shiki, language))
      names.set(language, name)
      return coloured(shiki, name, lines, performance.now() + ms)
    },
  }
}

/** @returns the grammar's own name */
async function load(shiki: HighlighterCore, language: string): Promise<string> {
  const { default: grammars } = await GRAMMARS[language]!()
  await shiki.loadLanguage(grammars)
  return grammars.at(-1)!.name
}

function coloured(shiki: HighlighterCore, lang: string, lines: string[], end: number): Coloured {
  const numbers: number[] = []
  let state: ReturnType<HighlighterCore['getLastGrammarState']> | undefined
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
    if (performance.now() > end) return { numbers: new Uint16Array(numbers), complete: false }
    const some = lines.slice(at, at + LINES_AT_ONCE)
    const found = shiki.codeToTokensBase(some.join('\n'), {
      lang,
      theme: THEME.name,
      tokenizeMaxLineLength: LONGEST_LINE,
      tokenizeTimeLimit: NO_LIMIT,
      ...(state && { grammarState: state }),
    })
    state = shiki.getLastGrammarState(found)
    for (const line of found) addLine(numbers, line)
  }
  return { numbers: new Uint16Array(numbers), complete: true }
}

function addLine(numbers: number[], tokens: readonly { content: string; color?: string }[]): void {
  const start = numbers.push(0) - 1
  let last = -1
  for (const { content, color } of tokens) {
    const kind = kindOfColour(color)
    if (content.length > LONGEST_LINE) return
    if (kind === last) numbers[numbers.length - 2]! += content.length
    else numbers.push(content.length, kind)
    last = kind
  }
  if (last === 0) numbers.length -= 2
  numbers[start] = (numbers.length - start - 1) / 2
}
