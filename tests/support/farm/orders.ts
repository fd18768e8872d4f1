import { createHash } from 'node:crypto'
import { FAULTS, type FaultKind, PHASES } from '../../../src/gpu/protocol.ts'
import { type Chance, chanceFrom } from '../../crash/chance.ts'
import { FAULT_ENDS } from '../gpu-faulty.ts'

/** How a job must end, and the code that says why. */
export interface Fate {
  state: 'succeeded' | 'failed' | 'held' | 'cancelled'
  codes: (string | null)[]
}

/** One job that somebody orders. */
export interface FarmOrder {
  n: number
  person: number
  project: number
  priority: number
  model: string
  prompt: string
  fault: FaultKind | null
  /** Whether a person cancels it once it runs. */
  stopped: boolean
  fate: Fate
  /** The code of the error of its first attempt that reaches its fault; null: it is not the attempt that fails. */
  first: string | null
}

export const STEPS = 3
export const SIDE = 64
/** How many projects each person has. */
export const PROJECTS = [3, 2, 1]
export const HELD_FOR_MEMORY: Fate = { state: 'held', codes: ['gpu_out_of_memory', 'gpu_will_not_fit'] }
/** Of jobs with a fault, these can also be met at each attempt. */
const LASTS: Partial<Record<FaultKind, Fate>> = {
  'model-missing': { state: 'failed', codes: ['gpu_model_missing'] },
  'disk-full': { state: 'held', codes: ['disk_full'] },
  'bad-output': { state: 'failed', codes: ['gpu_bad_output'] },
  oom: HELD_FOR_MEMORY,
}
const ONLY_LASTS: FaultKind[] = ['model-missing', 'disk-full']
const DONE: Fate = { state: 'succeeded', codes: [null] }

/** So many orders; each fault is met by this share of them, in any stage. */
export function ordersOf(jobs: number, share: number, seed: string): FarmOrder[] {
  const chance = chanceFrom(seed)
  return Array.from({ length: jobs }, (_, n) => orderOf(n, chance, share))
}

function orderOf(n: number, chance: Chance, share: number): FarmOrder {
  const person = chance.whole(0, PROJECTS.length - 1)
  const project = chance.whole(0, PROJECTS[person]! - 1)
  const priority = chance.often(0.1) ? chance.pick([-3, 4, 7]) : 0
  const fault = chance.often(share * FAULTS.length) ? chance.pick(FAULTS) : null
  const phase = chance.pick(PHASES)
  const lasts = fault !== null && LASTS[fault] && (ONLY_LASTS.includes(fault) || chance.often(0.4))
  const stopped = fault === 'deaf' || fault === 'stubborn'
  const manner = lasts ? 'always' : stopped ? 'stopped' : 'once'
  const where = stopped ? 'load' : phase // deaf from then on, and at work until somebody ends it
  return {
    n,
    person,
    project,
    priority,
    model: fault === 'oom' ? `oom-${n}` : chance.pick(['one', 'two']),
    prompt: `order ${n}${fault ? ` meets ${fault} in ${where} ${manner}` : ''}`,
    fault,
    stopped,
    fate: lasts ? LASTS[fault]! : stopped ? { state: 'cancelled', codes: [null] } : DONE,
    first: fault && FAULT_ENDS[fault],
  }
}

/** The first bytes of the picture, as the engine makes them without any fault: a chain of digests. */
export function pictureOf({ n, prompt }: FarmOrder): Buffer {
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
  let state = digest(Buffer.from(`['${prompt}', ${n}, ${SIDE}, ${SIDE}, ${STEPS}]`))
  for (let step = 1; step <= STEPS; step++) {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(step)
    state = digest(Buffer.concat([state, number]))
  }
  return state
}
