import type { Ranked } from './rank.ts'

/** How much of a file the map holds. */
export type Stage = 'whole' | 'signatures' | 'name'

export interface FileMap {
  /** Empty when not even a name fits. */
  text: string
  stages: ReadonlyMap<string, Stage>
}

export interface Budget {
  tokens: number
  /** The tokens of a text. */
  count: (text: string) => number
  /** The share of the tokens that whole files may take: by default two fifths. */
  whole?: number
}

/** Of the tokens, what whole files may take, and they and signatures together; names take what is left. */
const WHOLE = 0.4
const SIGNATURES = 0.85
/** Files that are too long for what is left, after which no further one is tried. */
const MOST_MISFITS = 8
/** Of a file that is not shown whole. */
const MOST_SIGNATURES = 20

/**
 * A map of ranked files within a budget: the first of them whole, then signatures, then names. The same input gives the same
 * text, so that a vendor can cache it.
 */
export function renderMap(files: Ranked[], { tokens, count, whole = WHOLE }: Budget): FileMap {
  const pieces: Piece[] = []
  const taken = new Set<string>()
  let used = 0
  const fill = (limit: number, stage: Stage, write: (file: Ranked) => string | undefined) => {
    let misfits = 0
    for (const file of files) {
      if (misfits === MOST_MISFITS) return
      const text = taken.has(file.path) ? undefined : write(file)
      if (text === undefined) continue
      const cost = count(text)
      if (used + cost > limit) misfits++
      else {
        used += cost
        taken.add(file.path)
        pieces.push({ path: file.path, stage, text })
      }
    }
  }
  fill(tokens * whole, 'whole', wholeOf)
  fill(tokens * Math.max(whole, SIGNATURES), 'signatures', signaturesOf)
  fill(tokens, 'name', ({ path }) => `${path}\n`)
  return fitting(pieces, tokens, count)
}

interface Piece {
  path: string
  stage: Stage
  text: string
}

function wholeOf({ path, text }: Ranked): string {
  return `${path}, whole:\n\n${text}\n\n`
}

function signaturesOf({ path, symbols, definitionRanks }: Ranked): string | undefined {
  const { definitions } = symbols
  if (definitions.length === 0) return undefined
  const best = definitions.map((_, i) => i).sort((a, b) => definitionRanks[b]! - definitionRanks[a]! || a - b)
  const shown = best.slice(0, MOST_SIGNATURES).sort((a, b) => a - b)
  const lines = shown.map((i) => `${'  '.repeat(definitions[i]!.depth + 1)}${definitions[i]!.signature}`)
  const more = definitions.length > shown.length ? ['  …'] : []
  return `${path}:\n${[...lines, ...more].join('\n')}\n\n`
}

/** A text may have more tokens than its pieces had: the last go until all fits. */
function fitting(pieces: Piece[], tokens: number, count: (text: string) => number): FileMap {
  for (let kept = pieces.length; kept > 0; kept--) {
    const some = pieces.slice(0, kept)
    const text = some
      .map((piece) => piece.text)
      .join('')
      .trim()
    if (count(text) <= tokens) return { text, stages: new Map(some.map(({ path, stage }) => [path, stage])) }
  }
  return { text: '', stages: new Map() }
}
