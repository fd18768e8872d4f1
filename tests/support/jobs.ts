import { join } from 'node:path'
import type { Clock } from '../../src/clock.ts'
import { type Database, openDatabase } from '../../src/db/open.ts'
import { openEventLog } from '../../src/events/append.ts'
import { eventsAfter } from '../../src/events/follow.ts'
import { type Hub, openHub } from '../../src/events/hub.ts'
import { type Line, liveLine } from '../../src/events/line.ts'
import { claim } from '../../src/jobs/claim.ts'
import { openDraftWriter } from '../../src/jobs/drafts.ts'
import { enqueue, type NewJob } from '../../src/jobs/enqueue.ts'
import type { Done, Handler, JobContext } from '../../src/jobs/handler.ts'
import { isScopeActive, type JobsDeps, jobById, jobWithAttempts } from '../../src/jobs/jobs.ts'
import { type LiveJobs, openLiveJobs } from '../../src/jobs/live.ts'
import { settle } from '../../src/jobs/settle.ts'
import type { Job } from '../../src/jobs/tables.ts'
import { givenBack } from '../../src/jobs/verdict.ts'
import { startWorker, type Worker } from '../../src/jobs/worker.ts'
import type { Log } from '../../src/log.ts'
import { redactor } from '../../src/redact.ts'
import { type StoppedClock, stoppedClock } from './clock.ts'
import { silent, temporaryFolder } from './database.ts'

/** The jobs room with a real database, the log and the hub around it, and a clock that stands still. */
export interface Engine extends AsyncDisposable {
  db: Database
  hub: Hub
  live: LiveJobs
  clock: StoppedClock
  deps: JobsDeps & { log: Log; hub: Hub; random: () => number; awake: () => number; boot: string }
  /** Brings a kind of job into being. `lane` is the kind unless said otherwise. */
  handle(kind: string, run: (ctx: JobContext<never>) => Promise<Done | undefined>, more?: Partial<Handler>): void
  enqueue(kind: string, more?: Partial<NewJob>): Promise<Job>
  claimed(lane?: string): Promise<Job>
  succeed(job: Job): Promise<Job>
  /** Gives a claimed job back to the queue. */
  release(job: Job): Promise<Job>
  work(lanes?: Record<string, number>): Promise<Worker>
  /** Moves the clock and lets the worker look at the queue. */
  pass(ms: number): void
  job(id: string): Promise<Job>
  attempts(id: string): ReturnType<typeof attemptsOf>
  /** The durable lines of a job, oldest first. */
  lines(id: string): Promise<Line[]>
  types(id: string): Promise<string[]>
  /** Resolves with the first line of one of these types about the job: one of the log, or the next. */
  heard(id: string, ...types: string[]): Promise<Line>
  /** All lines that the hub has published so far. */
  told: Line[]
}

export interface EngineOptions {
  boot?: string
  /** A folder that outlives the engine, to be opened again. */
  folder?: string
  clock?: StoppedClock
}

/** A secret of the settings, known by its value alone. */
export const CONFIGURED = 'correct horse battery staple'

const folders = new WeakMap<Database, Disposable>()

export async function testEngine({
  boot = 'boot-1',
  folder,
  clock = stoppedClock(),
}: EngineOptions = {}): Promise<Engine> {
  const own = folder ? undefined : temporaryFolder()
  const db = await openTestDatabase(folder ?? own!.path, clock)
  if (own) folders.set(db, own)
  return engineOn(db, clock, boot)
}

export function openTestDatabase(folder: string, { now }: Pick<Clock, 'now'>): Promise<Database> {
  return openDatabase({ url: `file:${join(folder, 'hearth.db')}`, backups: join(folder, 'backups'), now, log: silent })
}

function engineOn(db: Database, clock: StoppedClock, boot: string): Engine {
  const hub = openHub({ now: clock.now })
  const live = openLiveJobs({ hub, now: clock.now })
  const handlers = new Map<string, Handler>()
  const redact = redactor([CONFIGURED])
  const events = openEventLog({ hub, now: clock.now, redact })
  const deps = { ...clock, random: () => clock.random(), db, events, handlers, live, redact, hub, boot, log: silent }
  hub.source = { states: live.states, beats: live.beats, active: (scope) => isScopeActive(db.read, scope) }
  const told: Line[] = []
  hub.tap((line) => void told.push(line))
  const lines = (id: string) => eventsAfter(db.read, { job: id }, 0, 10_000)
  const workers: Worker[] = []

  return {
    db,
    hub,
    live,
    clock,
    deps,
    told,
    handle: (kind, run, more) =>
      void handlers.set(kind, { kind, lane: kind, ...more, run: async (ctx) => (await run(ctx)) ?? { result: null } }),
    enqueue: (kind, more) => db.write((tx) => enqueue(deps, tx, { kind, input: {}, ...more })),
    async claimed(lane = 'write') {
      const [job] = await claim(deps, deps, lane, 1)
      if (!job) throw new Error(`nothing to claim in lane ${lane}`)
      return job
    },
    succeed: (job) =>
      db.write((tx) =>
        settle(deps, tx, job, {
          move: 'succeed',
          event: 'job.succeeded',
          outcome: 'succeeded',
          set: { result: 'ok' },
        }),
      ),
    release: (job) => db.write((tx) => settle(deps, tx, job, givenBack(deps))),
    async work(lanes = Object.fromEntries([...handlers.values()].map(({ lane }) => [lane, 1]))) {
      const worker = await startWorker({ ...deps, lanes })
      workers.push(worker)
      return worker
    },
    pass(ms) {
      clock.pass(ms)
      hub.publish(liveLine('job.queued', clock.now(), null, null, {}))
    },
    job: (id) => jobById(db.read, id),
    attempts: (id) => attemptsOf(db, id),
    lines,
    types: async (id) => (await lines(id)).map(({ type }) => type),
    async heard(id, ...types) {
      const next = Promise.withResolvers<Line>()
      const untap = hub.tap((line) => {
        if (line.job === id && types.includes(line.type)) next.resolve(line)
      })
      const known = (await lines(id)).find(({ type }) => types.includes(type))
      if (known) next.resolve(known)
      return next.promise.finally(untap)
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker[Symbol.asyncDispose]()
      hub[Symbol.dispose]()
      await db[Symbol.asyncDispose]()
      folders.get(db)?.[Symbol.dispose]()
    },
  }
}

export function keepDrafts({ db, live }: Engine, flushMs: number): AsyncDisposable {
  return openDraftWriter({ db, live, flushMs, log: silent })
}

async function attemptsOf(db: Database, id: string) {
  return (await jobWithAttempts(db.read, id)).attempts
}

/** Waits, turn by turn, until something is so: for what no event tells. */
export async function until(check: () => boolean | Promise<boolean>, what = 'it', patienceMs = 20_000): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`${what} has not come true in ${patienceMs} ms`)
    await Bun.sleep(2)
  }
}
