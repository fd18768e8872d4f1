import { addWords, bm25 } from '../../../src/files/map/bm25.ts'
import { rank } from '../../../src/files/map/rank.ts'
import { renderMap, type Stage } from '../../../src/files/map/render.ts'
import { wordsOf } from '../../../src/files/map/words.ts'
import type { SymbolReader } from '../../../src/files/symbols/symbols.ts'
import type { Question } from './questions.ts'

/** What a method puts before a writer within a budget: path -> how much of the file. */
export type Shown = ReadonlyMap<string, Stage | 'chunk'>

export type Count = (text: string) => number

const CHUNK_LINES = 40

/** The ranked map. @param whole the share of the budget for whole files */
export async function byMap(
  symbols: SymbolReader,
  { files, text }: Question,
  tokens: number,
  count: Count,
  whole?: number,
): Promise<Shown> {
  const read = await symbols.read(files, new AbortController().signal)
  const ranked = await rank(
    files.map((file, i) => ({ ...file, symbols: read[i]! })),
    { text },
  )
  return renderMap(ranked, { tokens, count, whole }).stages
}

/** Whole files by plain BM25 over path and text; one that does not fit is passed over. */
export function byFiles({ files, text }: Question, tokens: number, count: Count): Shown {
  const scores = bm25(
    wordsOf(text),
    files.map((file) => plainWords(file.path, file.text)),
  )
  return taken(best(files.map((file, i) => ({ ...file, score: scores[i]! }))), tokens, count, 'whole')
}

/** Pieces of 40 lines by plain BM25, each under its path. */
export function byChunks({ files, text }: Question, tokens: number, count: Count): Shown {
  const chunks = files.flatMap(({ path, text }) => chunksOf(text).map((chunk) => ({ path, text: chunk })))
  const scores = bm25(
    wordsOf(text),
    chunks.map((chunk) => plainWords(chunk.path, chunk.text)),
  )
  return taken(best(chunks.map((chunk, i) => ({ ...chunk, score: scores[i]! }))), tokens, count, 'chunk')
}

interface Scored {
  path: string
  text: string
  score: number
}

function best(all: Scored[]): Scored[] {
  return all.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)
}

function taken(all: Scored[], tokens: number, count: Count, stage: 'whole' | 'chunk'): Shown {
  const shown = new Map<string, Stage | 'chunk'>()
  let left = tokens
  for (const { path, text } of all) {
    const cost = count(`${path}:\n\n${text}\n\n`)
    if (cost > left) continue
    left -= cost
    shown.set(path, stage)
  }
  return shown
}

function plainWords(path: string, text: string): Map<string, number> {
  const words = new Map<string, number>()
  addWords(words, wordsOf(`${path}\n${text}`), 1)
  return words
}

function chunksOf(text: string): string[] {
  const lines = text.split('\n')
  return Array.from({ length: Math.ceil(lines.length / CHUNK_LINES) }, (_, i) =>
    lines.slice(i * CHUNK_LINES, (i + 1) * CHUNK_LINES).join('\n'),
  )
}
