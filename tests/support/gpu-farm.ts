import { systemClock } from '../../src/clock.ts'
import { DomainError } from '../../src/errors.ts'
import { pretendedProbe } from '../../src/gpu/devices/probe.ts'
import { openDeviceWatch } from '../../src/gpu/devices/watch.ts'
import type { Device } from '../../src/gpu/devices.ts'
import { openDevicePool } from '../../src/gpu/leases.ts'
import { FAULTS, type FaultKind, PHASES } from '../../src/gpu/protocol.ts'
import { render } from '../../src/gpu/render.ts'
import { chanceFrom } from '../crash/chance.ts'
import { silent, temporaryFolder } from './database.ts'
import { faultyAttempts, faultySpec, pretendMemory, processesOf } from './gpu-faulty.ts'

const GIB = 1024 ** 3
/** Two works don't fit at once, nor one beside what a process has not given back. */
const TOTAL = 3.5 * GIB
const TAKEN = 2 * GIB
const DEVICES = 4
const TRIES = 4
const SILENCE_MS = 1_500

/** How one job went: what it was dealt, on which devices it was tried, and how it ended. */
export interface Dealt {
  job: number
  fault: FaultKind | null
  /** The picture's hash, or the code of the error that it ended with. */
  ends: string[]
  tries: number
}

export interface FarmReport {
  dealt: Dealt[]
  /** Jobs in the order in which they were first given a device. */
  order: number[]
  overcommitted: boolean
  /** Devices whose memory was not back at the end. */
  degraded: number
  processesLeft: number
  seconds: number
}

/** Renders so many jobs on four pretended devices, by real processes; `share` of them meet a fault at their first try. */
export async function farm(jobs: number, share: number, seed = 'farm'): Promise<FarmReport> {
  using folder = temporaryFolder()
  const ids = Array.from({ length: DEVICES }, (_, i) => `GPU-${i}`)
  const memory = pretendMemory(folder.path, Object.fromEntries(ids.map((id) => [id, TOTAL])))
  const silences = Object.fromEntries(PHASES.map((phase) => [phase, SILENCE_MS]))
  using deps = faultyAttempts({ env: { ...memory.env, HEARTH_PRETEND_BYTES: String(TAKEN) }, deadlines: silences })
  const seen = (): Device[] =>
    ids.map((id) => ({ id, name: id, kind: 'cuda', totalBytes: TOTAL, freeBytes: TOTAL - memory.used(id) }))
  await using watch = await openDeviceWatch({ probe: pretendedProbe(seen), clock: systemClock, log: silent })
  const pool = openDevicePool({ watch, clock: systemClock })
  const chance = chanceFrom(seed)
  const order: number[] = []
  const began = performance.now()

  async function once(one: Dealt, attempt: number, at: object): Promise<string> {
    await using lease = await pool.acquire(undefined, { kinds: ['cuda'], job: String(one.job) })
    if (attempt === 1) order.push(one.job)
    const { id, name, kind } = lease.device
    const device = { id, name, kind }
    const about = { job: `job-${one.job}`, attempt, params: { seed: one.job, steps: 3 }, device }
    const spec = faultySpec(attempt === 1 ? one.fault : null, at, about)
    const hooks = { onMemory: (_used: number, peak: number) => lease.took(peak) }
    const patience = attempt === 1 && one.fault === 'stall' ? silences : {}
    const { outputs } = await render({ ...deps, patience }, spec, hooks, new AbortController().signal)
    return outputs[0]!.sha256
  }

  async function toItsEnd(one: Dealt, at: object): Promise<void> {
    for (;;) {
      try {
        one.ends.push(await once(one, ++one.tries, at))
        return
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        if (error.retryable && one.tries < TRIES) continue
        one.ends.push(error.code)
        return
      }
    }
  }

  const dealt = Array.from({ length: jobs }, (_, job): Dealt => {
    const fault = chance.often(share) ? chance.pick(FAULTS) : null
    return { job, fault, ends: [], tries: 0 }
  })
  await Promise.all(dealt.map((one) => toItsEnd(one, { phase: chance.pick(PHASES) })))
  const degraded = ids.filter((id) => watch.degraded(id)).length
  for (const pid of ids.flatMap(memory.holders)) process.kill(pid, 'SIGKILL')
  return {
    dealt,
    order,
    overcommitted: ids.some(memory.overcommitted),
    degraded,
    processesLeft: processesOf(deps.attempts).length,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  }
}
