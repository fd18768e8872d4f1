import type { Chance } from './chance.ts'

export const POINTS = [
  'database-call',
  'before-commit',
  'after-commit',
  'mid-migration',
  'child-exited',
  'blob-written',
  'mid-backup',
] as const

/** One run of the server, from its start to its death. */
export interface Life {
  seed: string
  /** Whether the model and the engine fail at times. */
  faults: boolean
  /** Where it kills itself: at the nth time that it passes there. */
  point?: { name: (typeof POINTS)[number]; nth: number }
  /** When it is killed at the latest, ms after it is ready. */
  ms: number
  /** Whether its renderers are killed with it. */
  both: boolean
  /** When renderers alone are killed, ms after it is ready. */
  rendererMs?: number
  /** What somebody does to all of a project, and when, ms after the server is ready. */
  whim?: { what: 'cancellation' | 'pause'; ms: number }
}

/** The last pass of each point at which a server dies. */
const LAST_PASS = {
  'database-call': 900,
  'before-commit': 30,
  'after-commit': 30,
  'mid-migration': 4,
  'child-exited': 1,
  'blob-written': 3,
  'mid-backup': 1,
} as const

const CALLS_OF_A_START = 80

/** How the next run of the server goes and ends; the first of all dies while it makes its database. */
export function nextLife(chance: Chance, seed: string, isFirst: boolean): Life {
  const life: Life = { seed, faults: true, ms: chance.whole(50, 500), both: chance.often(0.3) }
  if (chance.often(0.3)) life.rendererMs = chance.whole(50, 300)
  if (chance.often(0.2))
    life.whim = { what: chance.pick(['cancellation', 'pause'] as const), ms: chance.whole(10, 200) }
  if (!isFirst && chance.often(0.5)) return life
  const name = isFirst ? 'mid-migration' : chance.pick(POINTS.filter((point) => point !== 'mid-migration'))
  return { ...life, ms: 1_000, point: { name, nth: chance.whole(1, lastPass(name, chance)) } }
}

/** A third of the deaths at a database call come while the server starts. */
function lastPass(name: (typeof POINTS)[number], chance: Chance): number {
  return name === 'database-call' && chance.often(0.3) ? CALLS_OF_A_START : LAST_PASS[name]
}
