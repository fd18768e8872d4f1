import type { EventRow } from './tables.ts'

/** What a stream is about: everything of a project, or of one job in it. */
export type Scope = { project: string } | { job: string }

/** The job that a line is about, as far as the line says it. */
export interface JobRef {
  id: string
  kind: string
  attempt: number
  /** When the job first started, ms since the epoch; null before. */
  startedAt: number | null
}

/**
 * One line of a stream. Durable lines have a `seq` and happened for ever; live ones have none and are not kept.
 * `prev` differs by stream (`prevInScope`, `prevInJob`), so it is added when the line is encoded for one.
 */
export interface Line {
  type: string
  at: number
  seq: number | null
  scope: string | null
  job: string | null
  prevInScope: number | null
  prevInJob: number | null
  /** Everything else that the line says: fields of the job, then those of its type. */
  body: Record<string, unknown>
}

/** Lines that go out together. One array stands for the same bytes to all who get it: it must not change. */
export type Lines = readonly Line[]

/** A durable event as a line. */
export function lineOf(row: EventRow): Line {
  const ofJob =
    row.job === null ? {} : { job: row.job, kind: row.kind, attempt: row.attempt, elapsed: (row.elapsedMs ?? 0) / 1000 }
  return {
    type: row.type,
    at: row.at,
    seq: row.seq,
    scope: row.scope,
    job: row.job,
    prevInScope: row.prevInScope,
    prevInJob: row.prevInJob,
    body: { ...row.data, ...ofJob, by: row.by },
  }
}

/** A live line about a job, at `now`. */
export function liveLine(
  type: string,
  now: number,
  scope: string | null,
  job: JobRef | null,
  body: Record<string, unknown>,
): Line {
  return {
    type,
    at: now,
    seq: null,
    scope,
    job: job?.id ?? null,
    prevInScope: null,
    prevInJob: null,
    body: job ? { job: job.id, kind: job.kind, attempt: job.attempt, elapsed: elapsed(job, now), ...body } : body,
  }
}

/** Seconds since the job first started. */
export function elapsed(job: JobRef, now: number): number {
  return job.startedAt === null ? 0 : Math.max(0, now - job.startedAt) / 1000
}

/** The line as the plain object that goes over the wire in a stream about `scope`. No body can stand in for its head. */
export function wire(line: Line, scope: Scope): Record<string, unknown> {
  const { type, at, seq } = line
  const prev = 'job' in scope ? line.prevInJob : line.prevInScope
  const head = seq === null ? { type, at } : { type, at, seq, prev: prev ?? 0 }
  return { ...head, ...line.body, ...head }
}
