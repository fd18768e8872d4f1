import { MERGING, type Merging, openAudiences, type Subscriber } from './audience.ts'
import { type Line, type Lines, liveLine, type Scope } from './line.ts'

/** Less than the second that is promised, so that a late timer still keeps the promise. */
export const HEARTBEAT_MS = 900

/** Events after which a stream may have nothing more to wait for. */
const MAY_END = new Set(['job.succeeded', 'job.failed', 'job.cancelled', 'job.paused', 'job.held'])

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
  /** Hands on live lines about one job that belong together: one write for each reader. */
  publishTogether(lines: Lines): void
  /** Lets one hear the lines of its scope, from now on until it is unsubscribed. */
  subscribe(subscriber: Subscriber): void
  unsubscribe(subscriber: Subscriber): void
  /** Hears every line of every scope: for rooms that react to the log. */
  tap(hear: (line: Line) => void): () => void
  /** How many subscribe now. */
  readonly size: number
  source: LiveSource
  /** One `state` line per running job of the scope, once all who listen have heard what these contain already. */
  states(scope: Scope): Line[]
  /** The present moment's `heartbeat` line of a scope. */
  heartbeat(scope: Scope): Line
  /** True when nothing in the scope is queued or running, also counting what happened while the question was asked. */
  idle(scope: Scope): Promise<boolean>
  /** Ends all streams with a last line. */
  shutdown(): void
}

const QUIET: LiveSource = { states: () => [], beats: () => [], active: async () => false }

export interface HubOptions {
  now: () => number
  merging?: Merging
}

export function openHub({ now, merging = MERGING }: HubOptions): Hub {
  const audiences = openAudiences(merging)
  const taps = new Set<(line: Line) => void>()
  const timer = setInterval(beat, HEARTBEAT_MS)
  let happened = 0 // durable lines so far
  let closed = false

  function beat(): void {
    let idle: Lines | undefined // the same for all scopes in which nothing runs
    for (const audience of audiences) {
      const jobs = hub.source.beats(audience.scope)
      if (jobs.length === 0) idle ??= [beatLine([])]
      audience.tellAll(jobs.length === 0 ? idle! : [beatLine(jobs)])
    }
  }

  function beatLine(jobs: Record<string, unknown>[]): Line {
    return liveLine('heartbeat', now(), null, null, { jobs })
  }

  async function endIfIdle(scope: Scope): Promise<void> {
    if (closed || !audiences.of(scope) || !(await hub.idle(scope))) return
    audiences.of(scope)?.over('idle')
  }

  /** A question that the database could not answer is asked again with the next heartbeat. */
  function maybeEnd(scope: Scope): void {
    endIfIdle(scope).catch(() => setTimeout(maybeEnd, HEARTBEAT_MS, scope))
  }

  const hub: Hub = {
    source: QUIET,
    get size() {
      return audiences.size
    },
    publish(line) {
      if (line.seq !== null) happened++
      for (const scope of scopesOf(line)) {
        audiences.of(scope)?.tell([line])
        if (MAY_END.has(line.type)) maybeEnd(scope)
      }
      tellAll(taps, line)
    },
    publishTogether(lines) {
      if (lines.length === 0) return
      for (const scope of scopesOf(lines[0]!)) audiences.of(scope)?.tell(lines)
      for (const line of lines) tellAll(taps, line)
    },
    subscribe: audiences.join,
    unsubscribe: audiences.leave,
    tap(hear) {
      taps.add(hear)
      return () => void taps.delete(hear)
    },
    states(scope) {
      audiences.of(scope)?.flush()
      return hub.source.states(scope)
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
      for (const audience of [...audiences]) audience.over('shutdown')
    },
    [Symbol.dispose]() {
      closed = true
      clearInterval(timer)
      for (const audience of audiences) audience.flush()
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
