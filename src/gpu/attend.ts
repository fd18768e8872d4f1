import type { Clock } from '../clock.ts'
import type { Connection } from './connection.ts'
import { DEADLINES, type Exit } from './launcher.ts'
import { type Phase, readLine, type WorkerLine, workerLine } from './protocol.ts'
import { type Forward, followForward, type Known, patienceIn } from './standstill.ts'
import { GARBAGE_LIMIT } from './wire.ts'

const TERM_AFTER_MS = 700 // from the cancel line
const KILL_AFTER_MS = 800 // from the SIGTERM
const PAUSE_MS = 10_000 // for a step to end and its checkpoint to be written
const MOST_LINES_A_SECOND = 20_000
const LOOK_MS = 500 // a phase may have changed to one with a shorter deadline
const DRAIN_MS = 500 // a grandchild may hold stdout open after the child has ended

export interface AttendOptions {
  connection: Connection
  clock: Clock
  /** Of the attempt: lines of any other are garbage. */
  job: string
  attempt: number
  deadlines?: Partial<Record<Phase, number>>
  /** What its steps and stages take, as far as that is known: a worker that only looks alive is ended too. */
  known: Known
  onLine(line: WorkerLine): void
  /** Ends the worker at once, by the ladder: cancel line, SIGTERM, SIGKILL. */
  cancel: AbortSignal
  /** Asks it to write a checkpoint and end. */
  pause?: AbortSignal | undefined
}

export type Failed = Extract<WorkerLine, { type: 'failed' }>

/** How an attempt has ended; `phase` is the one that it was in. */
export type WorkerEnd = { phase: Phase } & (
  | ({ why: 'exit'; failed: Failed | null } & Exit)
  | GivenUp
  /** It is done, and waits for another attempt. */
  | { why: 'idle' }
)

type GivenUp =
  | { why: 'hung'; silentMs: number }
  /** Its heartbeats went on. `place`: where it was last. */
  | { why: 'stalled'; stillMs: number; place: string | null }
  | { why: 'garbage' }
  | { why: 'cancelled' }

interface Seen {
  at: number
  phase: Phase
  garbage: number
  failed: Failed | null
  forward: Forward
  /** How it stood still, once it is being ended for that. */
  stalled: GivenUp | null
}

/** Hears a worker until its attempt has ended, whatever way that is. Whoever calls ends the worker, unless it is idle. */
export async function attend(options: AttendOptions): Promise<WorkerEnd> {
  const over = new AbortController()
  const { awake } = options.clock
  const forward = followForward(awake)
  const seen: Seen = { at: awake(), phase: 'load', garbage: 0, failed: null, forward, stalled: null }
  try {
    const end = await firstEnd(options, seen, over.signal)
    return { ...end, phase: seen.phase }
  } finally {
    over.abort()
  }
}

async function firstEnd(options: AttendOptions, seen: Seen, over: AbortSignal) {
  const { connection, clock, cancel } = options
  const ear = listen(options, seen)
  const given = await Promise.race([
    ear.told,
    silence(options, seen, over),
    standstill(options, seen, over),
    stopped(options, over),
    connection.exited.then(() => null),
  ])
  if (given) return given
  await Promise.race([Promise.all([ear.read, connection.logged]), clock.sleep(DRAIN_MS)])
  if (seen.garbage >= GARBAGE_LIMIT) return { why: 'garbage' } as const
  if (cancel.aborted) return { why: 'cancelled' } as const
  if (seen.stalled) return seen.stalled
  return { why: 'exit', ...(await connection.exited), failed: seen.failed } as const
}

/** Reads the worker's lines; `told` is what one of them decides. */
function listen({ connection, clock, job, attempt, onLine }: AttendOptions, seen: Seen) {
  const told = Promise.withResolvers<{ why: 'garbage' } | { why: 'idle' }>()
  const isFlood = floodGate(clock)
  const read = (async () => {
    for (;;) {
      const next = await connection.lines.next()
      if (next.done) return
      const line = next.value === null || isFlood() ? null : readLine(workerLine, next.value)
      if (line?.job !== job || line.attempt !== attempt) {
        if (++seen.garbage >= GARBAGE_LIMIT) told.resolve({ why: 'garbage' })
        continue
      }
      seen.at = clock.awake()
      seen.forward.hear(line)
      if (line.type === 'phase') seen.phase = line.phase
      if (line.type === 'failed') seen.failed = line
      if (line.type === 'idle') return told.resolve({ why: 'idle' })
      onLine(line)
    }
  })()
  read.catch(told.reject) // a hook of the caller threw: its error is the attempt's
  return { read, told: told.promise }
}

/** True for lines above what anybody could want to say in a second. */
function floodGate({ awake }: Clock): () => boolean {
  let [since, lines] = [awake(), 0]
  return () => {
    if (awake() - since >= 1_000) [since, lines] = [awake(), 0]
    return ++lines > MOST_LINES_A_SECOND
  }
}

async function silence({ clock, deadlines }: AttendOptions, seen: Seen, over: AbortSignal): Promise<GivenUp | null> {
  while (!over.aborted) {
    const deadline = deadlines?.[seen.phase] ?? DEADLINES[seen.phase]
    const silentMs = clock.awake() - seen.at
    if (silentMs >= deadline) return { why: 'hung', silentMs }
    await clock.sleep(Math.min(deadline - silentMs, LOOK_MS), over)
  }
  return null
}

/** A thread of its own may say that all is well while the work waits for a device that never answers. */
async function standstill(options: AttendOptions, seen: Seen, over: AbortSignal): Promise<GivenUp | null> {
  const { clock, known, cancel, pause } = options
  while (!over.aborted && !cancel.aborted && !pause?.aborted) {
    const patience = patienceIn(seen.phase, known, seen.forward.stepMs())
    const stillMs = seen.forward.stillMs()
    if (stillMs >= patience) {
      seen.stalled = { why: 'stalled', stillMs, place: seen.forward.place() }
      return (await ended(options, over)) ? null : seen.stalled
    }
    await clock.sleep(Math.min(patience - stillMs, LOOK_MS), over)
  }
  await aborted([over]) // the end is somebody else's
  return null
}

/** The ladder of a stop. Resolves only when nothing but SIGKILL is left. */
async function stopped(options: AttendOptions, over: AbortSignal): Promise<GivenUp | null> {
  const { connection, clock, cancel, pause } = options
  await aborted([cancel, pause, over])
  if (pause?.aborted && !cancel.aborted && !over.aborted) {
    connection.tell({ type: 'pause' })
    await clock.sleep(PAUSE_MS, AbortSignal.any([over, cancel]))
  }
  return (await ended(options, over)) ? null : { why: 'cancelled' }
}

/** Asks it to end, then more firmly. False: it has not. */
async function ended({ connection, clock }: AttendOptions, over: AbortSignal): Promise<boolean> {
  if (over.aborted) return true
  connection.tell({ type: 'cancel' })
  await clock.sleep(TERM_AFTER_MS, over)
  if (over.aborted) return true
  connection.terminate()
  await clock.sleep(KILL_AFTER_MS, over)
  return over.aborted
}

function aborted(signals: (AbortSignal | undefined)[]): Promise<void> {
  const any = AbortSignal.any(signals.filter((signal) => signal !== undefined))
  if (any.aborted) return Promise.resolve()
  return new Promise((resolve) => any.addEventListener('abort', () => resolve(), { once: true }))
}
