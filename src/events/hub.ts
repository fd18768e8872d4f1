import { type Line, liveLine, type Scope } from './line.ts'

/** Less than the second that is promised, so that a late timer still keeps the promise. */
export const HEARTBEAT_MS = 900

/** Events after which a stream may have nothing more to wait for. */
const MAY_END = new Set(['job.succeeded', 'job.failed', 'job.cancelled', 'job.paused', 'job.held'])

/** One who hears lines as they happen. `deliver` must not block or throw: it would silence others. */
export interface Subscriber {
  scope: Scope
  deliver(line: Line): void
  /** Nothing is running any more in its scope, or the server stops. */
  over(reason: 'idle' | 'shutdown'): void
}

/** What the jobs room tells about running work; events know no jobs. */
export interface LiveSource {
  /** One `state` line per running job of the scope. */
  states(scope: Scope): Line[]
  /** What a `heartbeat` says of the scope's running jobs. */
  beats(scope: Scope): Record<string, unknown>[]
  /** True while something in the scope is queued or running. */
  active(scope: Scope): Promise<boolean>
  /** The scope as it is now, for a reader who can no longer be told how it came to be so. */
  present?(scope: Scope): Promise<Record<string, unknown>>
}

export interface Hub extends Disposable {
  /** Hands a line to all who follow its project or its job, in the order of calls. */
  publish(line: Line): void
  /** Hears the lines of one scope until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void
  /** Hears every line of every scope: for rooms that react to the log. */
  tap(hear: (line: Line) => void): () => void
  /** How many subscribe now. */
  readonly size: number
  source: LiveSource
  /** The present moment's `heartbeat` line of a scope. */
  heartbeat(scope: Scope): Line
  /** True when nothing in the scope is queued or running, also counting what happened while the question was asked. */
  idle(scope: Scope): Promise<boolean>
  /** Ends all streams with a last line. */
  shutdown(): void
}

const QUIET: LiveSource = { states: () => [], beats: () => [], active: async () => false }

export function openHub({ now }: { now: () => number }): Hub {
  const rooms = new Map<string, Set<Subscriber>>()
  const taps = new Set<(line: Line) => void>()
  const timer = setInterval(beat, HEARTBEAT_MS)
  let happened = 0 // durable lines so far
  let closed = false

  function beat(): void {
    let idle: Line | undefined // the same line for all scopes in which nothing runs
    for (const subscribers of rooms.values()) {
      const [first] = subscribers
      const jobs = hub.source.beats(first!.scope)
      if (jobs.length === 0) idle ??= beatLine([])
      const line = jobs.length === 0 ? idle! : beatLine(jobs)
      for (const subscriber of subscribers) subscriber.deliver(line)
    }
  }

  function beatLine(jobs: Record<string, unknown>[]): Line {
    return liveLine('heartbeat', now(), null, null, { jobs })
  }

  async function endIfIdle(scope: Scope): Promise<void> {
    if (closed || !rooms.has(keyOf(scope)) || !(await hub.idle(scope))) return
    for (const subscriber of [...(rooms.get(keyOf(scope)) ?? [])]) subscriber.over('idle')
  }

  /** A question that the database could not answer is asked again with the next heartbeat. */
  function maybeEnd(scope: Scope): void {
    endIfIdle(scope).catch(() => setTimeout(maybeEnd, HEARTBEAT_MS, scope))
  }

  const hub: Hub = {
    source: QUIET,
    get size() {
      let size = 0
      for (const subscribers of rooms.values()) size += subscribers.size
      return size
    },
    publish(line) {
      if (line.seq !== null) happened++
      for (const scope of scopesOf(line)) {
        for (const subscriber of rooms.get(keyOf(scope)) ?? []) subscriber.deliver(line)
        if (MAY_END.has(line.type)) maybeEnd(scope)
      }
      tellAll(taps, line)
    },
    subscribe(subscriber) {
      const key = keyOf(subscriber.scope)
      const room = rooms.get(key) ?? new Set()
      rooms.set(key, room.add(subscriber))
      return () => {
        room.delete(subscriber)
        if (room.size === 0 && rooms.get(key) === room) rooms.delete(key)
      }
    },
    tap(hear) {
      taps.add(hear)
      return () => void taps.delete(hear)
    },
    heartbeat: (scope) => beatLine(hub.source.beats(scope)),
    async idle(scope) {
      for (;;) {
        const before = happened
        if (await hub.source.active(scope)) return false
        if (happened === before) return true
      }
    },
    shutdown() {
      for (const room of [...rooms.values()]) for (const subscriber of [...room]) subscriber.over('shutdown')
    },
    [Symbol.dispose]() {
      closed = true
      clearInterval(timer)
    },
  }
  return hub
}

/** All hear the line, also after one that throws; then the first failure is the publisher's to report. */
function tellAll(taps: Iterable<(line: Line) => void>, line: Line): void {
  const failures: unknown[] = []
  for (const hear of taps)
    try {
      hear(line)
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
}

function scopesOf(line: Line): Scope[] {
  const scopes: Scope[] = []
  if (line.scope !== null) scopes.push({ project: line.scope })
  if (line.job !== null) scopes.push({ job: line.job })
  return scopes
}

function keyOf(scope: Scope): string {
  return 'job' in scope ? `job:${scope.job}` : `project:${scope.project}`
}
