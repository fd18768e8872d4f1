import { languageOf } from '../languages.ts'
import { grammarFor } from './grammars.ts'
import { outline } from './outline.ts'
import { openParsing, type Parsing } from './parsing.ts'
import { NO_SYMBOLS, type Symbols } from './symbol.ts'

/** Longest text that is parsed, in characters: what is longer was not written by hand. */
const MAX_LENGTH = 500_000
/** For one file; those that a person or a model wrote take some milliseconds. */
const PARSE_MS = 2_000
/** After it no further file of a call is parsed. */
const TOTAL_MS = 15_000
/** What the cache holds, counted in definitions and references: some 20 MB. */
const CACHED_SYMBOLS = 200_000

export interface TextFile {
  path: string
  text: string
}

/** Tells what files define and use. */
export interface SymbolReader extends Disposable {
  /**
   * The symbols of each file, in the given order. It never fails for what a file holds: one that is too long, takes too
   * long, or that its grammar can't bear has none.
   */
  read(files: TextFile[], signal: AbortSignal): Promise<Symbols[]>
}

/** Opens a reader with a Worker and a cache of its own. */
export function openSymbols(parsing: Parsing = openParsing(), parseMs = PARSE_MS, totalMs = TOTAL_MS): SymbolReader {
  const cache = boundedCache()
  return {
    read: async (files, signal) => {
      const end = performance.now() + totalMs
      const all: Symbols[] = []
      for (const file of files) {
        signal.throwIfAborted()
        const inTime = performance.now() < end
        all.push(inTime ? await symbolsOf(parsing, cache, file, parseMs) : NO_SYMBOLS)
      }
      return all
    },
    [Symbol.dispose]: () => parsing[Symbol.dispose](),
  }
}

/** A failure is remembered too: content that kills the Worker does so once. */
async function symbolsOf(parsing: Parsing, cache: Cache, { path, text }: TextFile, ms: number): Promise<Symbols> {
  if (text.length > MAX_LENGTH) return NO_SYMBOLS
  const language = languageOf(path)
  const grammar = grammarFor(language)
  if (!grammar) return outline(language, text)
  const key = `${grammar} ${new Bun.CryptoHasher('sha256').update(text).digest('base64')}`
  const known = cache.get(key)
  if (known) return known
  const symbols = await parsing.parse(grammar, text, ms)
  cache.set(key, symbols ?? NO_SYMBOLS)
  return symbols ?? NO_SYMBOLS
}

interface Cache {
  get(key: string): Symbols | undefined
  set(key: string, symbols: Symbols): void
}

/** The least recently used go first. */
function boundedCache(): Cache {
  const kept = new Map<string, Symbols>()
  let weight = 0
  return {
    get: (key) => {
      const symbols = kept.get(key)
      if (!symbols) return undefined
      kept.delete(key)
      kept.set(key, symbols)
      return symbols
    },
    set: (key, symbols) => {
      kept.set(key, symbols)
      weight += weightOf(symbols)
      for (const [oldest, dropped] of kept) {
        if (weight <= CACHED_SYMBOLS) return
        kept.delete(oldest)
        weight -= weightOf(dropped)
      }
    },
  }
}

function weightOf({ definitions, references }: Symbols): number {
  return 10 + definitions.length + references.length
}
