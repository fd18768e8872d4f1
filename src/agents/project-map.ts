import type { Blobs } from '../files/blobs.ts'
import { kindOf } from '../files/languages.ts'
import { type Aim, rank } from '../files/map/rank.ts'
import { type Budget, renderMap } from '../files/map/render.ts'
import { NO_SYMBOLS } from '../files/symbols/symbol.ts'
import type { SymbolReader } from '../files/symbols/symbols.ts'
import { type ProjectFile, readFileText } from '../workspace/files.ts'

/** Of a project, what is read for its map; the files after it are there by their paths. */
const MOST_READ_BYTES = 3_000_000
/** A longer file is not one that a person or a model wrote by hand. */
const LONGEST_FILE_BYTES = 500_000

export interface MapDeps {
  blobs: Blobs
  symbols: SymbolReader
}

/**
 * What a writer sees of the files that its task does not build on; empty when there are none. Signatures alone, when those of
 * all files fit: what a task needs whole, its plan says.
 */
export async function projectMap(
  deps: MapDeps,
  files: ProjectFile[],
  aim: Aim,
  budget: Budget,
  signal: AbortSignal,
): Promise<string> {
  const texts = await textsOf(deps, files)
  const symbols = await deps.symbols.read(texts, signal)
  const ranked = await rank(
    texts.map((file, i) => ({ ...file, symbols: symbols[i] ?? NO_SYMBOLS })),
    aim,
  )
  const heads = renderMap(ranked, { ...budget, whole: 0 })
  const all = ranked.every((file) => heads.stages.get(file.path) === (hasHeads(file) ? 'signatures' : 'name'))
  return (all ? heads : renderMap(ranked, budget)).text
}

function hasHeads({ symbols }: { symbols: { definitions: unknown[] } }): boolean {
  return symbols.definitions.length > 0
}

async function textsOf(deps: MapDeps, files: ProjectFile[]): Promise<{ path: string; text: string }[]> {
  const texts: { path: string; text: string }[] = []
  let read = 0
  for (const file of files) {
    const isRead = kindOf(file.path) === 'text' && file.bytes <= LONGEST_FILE_BYTES && read < MOST_READ_BYTES
    if (isRead) read += file.bytes
    texts.push({ path: file.path, text: isRead ? await readFileText(deps, file) : '' })
  }
  return texts
}
