import { sql } from 'drizzle-orm'
import { afterCommit, type Tx } from '../db/writer.ts'
import type { Hub } from '../events/hub.ts'
import { elapsed, type Line, liveLine, type Scope } from '../events/line.ts'
import type { Draft, Transfer } from './handler.ts'
import { refOf } from './settle.ts'
import type { Job } from './tables.ts'

/** `progress` is told at least each so many bytes. */
const PROGRESS_BYTES = 500

interface LiveJob {
  job: Job
  draft: Draft
  /** Bytes that the last `progress` line told. */
  told: number
  etaMs: number | null
  /** When something of substance last came, in waking time. */
  heardAt: number
  /** When this attempt first had something to show for itself: text, bytes or a step. */
  firstByteAt: number | null
  /** How often the draft has changed, and how much of that is on disk. */
  changes: number
  kept: number
}

/** What an attempt has received so far. */
export interface Received {
  phase: string
  bytes: number
  text: string
  firstByteAt: number | null
}

/** What running jobs are doing at this moment: in memory, told live, kept in `drafts` now and then. */
export interface LiveJobs {
  begin(job: Job, draft: Draft): void
  end(job: Job): void
  phase(job: Job, phase: string): void
  delta(job: Job, text: string): void
  replaceText(job: Job, text: string): void
  bytes(job: Job, total: number): void
  progress(job: Job, step: { step: number; steps: number; etaMs?: number | undefined }): void
  transfer(job: Job, far: Transfer): void
  preview(job: Job, url: string): void
  remember(job: Job, data: Record<string, unknown>): void
  progressOf(id: string): Received | undefined
  /** A running job's draft and its age, for a page. */
  view(
    id: string,
  ): { draft: Readonly<Draft>; etaMs: number | null; idleMs: number; previewUrl: string | null } | undefined
  states(scope: Scope): Line[]
  beats(scope: Scope): Record<string, unknown>[]
  /** Writes all drafts that changed, as one statement. */
  saveDrafts(tx: Tx): Promise<void>
  /** Writes those of the given jobs that run. */
  saveDraftsOf(tx: Tx, ids: string[]): Promise<void>
  /** True when some draft is ahead of the database. */
  readonly dirty: boolean
}

export interface LiveDeps {
  hub: Hub
  now: () => number
  awake?: () => number
}

export function openLiveJobs({ hub, now, awake = now }: LiveDeps): LiveJobs {
  const running = new Map<string, LiveJob>()
  const of = (scope: Scope) =>
    [...running.values()].filter(({ job }) => ('job' in scope ? job.id === scope.job : job.scope === scope.project))
  const tell = ({ job }: LiveJob, ...news: News[]) =>
    hub.publishTogether(news.map(({ type, ...body }) => liveLine(type, now(), job.scope, refOf(job), body)))

  /** The live side of one attempt: nothing when it is over, or another has taken the job. */
  function attemptOf({ id, attempt }: Job): LiveJob | undefined {
    const live = running.get(id)
    return live?.job.attempt === attempt ? live : undefined
  }

  function touch(job: Job, change: (live: LiveJob) => void): void {
    const live = attemptOf(job)
    if (!live) return
    live.heardAt = awake()
    live.changes++
    change(live)
  }

  async function save(tx: Tx, ready: LiveJob[]): Promise<void> {
    if (ready.length === 0) return
    const saved = ready.map(({ changes }) => changes)
    await insertDrafts(tx, ready, now())
    afterCommit(tx, () => {
      ready.forEach((live, i) => {
        live.kept = saved[i]!
      })
    })
  }

  return {
    begin(job, draft) {
      const fresh = { told: draft.bytes, etaMs: null, heardAt: awake(), firstByteAt: null, changes: 0, kept: 0 }
      const live = { job, draft: { ...draft }, ...fresh }
      running.set(job.id, live)
      if (draft.text !== '' || draft.step > 0) hub.publish(stateLine(live, now())) // what a reader held may have been more
    },
    end: (job) => void (attemptOf(job) && running.delete(job.id)),
    ...tellers({ now, touch, tell, tellState: (live) => hub.publish(stateLine(live, now())) }),
    progressOf: (id) => receivedBy(running.get(id)),
    view: (id) => viewOf(running.get(id), awake()),
    states: (scope) => of(scope).map((live) => stateLine(live, now())),
    beats: (scope) => of(scope).map((live) => beatOf(live, now(), awake())),
    saveDrafts: (tx) => save(tx, [...running.values()].filter(isAhead)),
    saveDraftsOf: (tx, ids) =>
      save(
        tx,
        ids.flatMap((id) => running.get(id) ?? []),
      ),
    get dirty() {
      return [...running.values()].some(isAhead)
    },
  }
}

/** What a live line says. */
type News = { type: string } & Record<string, unknown>

interface Told {
  now: () => number
  touch(job: Job, change: (live: LiveJob) => void): void
  /** Tells, at once, what belongs together. */
  tell(live: LiveJob, ...news: News[]): void
  tellState(live: LiveJob): void
}

type Tellers = Pick<
  LiveJobs,
  'phase' | 'delta' | 'replaceText' | 'bytes' | 'progress' | 'transfer' | 'preview' | 'remember'
>

/** What a handler says while it works: each changes the draft and is told. */
function tellers({ now, touch, tell, tellState }: Told): Tellers {
  /** Returns the progress that is to be told of it. */
  function received(live: LiveJob, total: number): News[] {
    if (total > 0) live.firstByteAt ??= now()
    live.draft.bytes = total
    live.told = Math.min(live.told, total) // it may have begun again
    const news: News[] = []
    while (total - live.told >= PROGRESS_BYTES) {
      live.told += PROGRESS_BYTES
      news.push({ type: 'progress', bytes: live.told })
    }
    return news
  }

  return {
    phase: (job, phase) => touch(job, ({ draft }) => void Object.assign(draft, { phase })),
    delta: (job, text) =>
      touch(job, (live) => {
        live.draft.text += text
        tell(live, { type: 'delta', text }, ...received(live, live.draft.bytes + Buffer.byteLength(text)))
      }),
    replaceText: (job, text) =>
      touch(job, (live) => {
        live.draft.text = text
        live.draft.bytes = live.told = Buffer.byteLength(text)
        tellState(live)
      }),
    bytes: (job, total) => touch(job, (live) => tell(live, ...received(live, total))),
    progress: (job, { step, steps, etaMs }) =>
      touch(job, (live) => {
        Object.assign(live.draft, { step, steps })
        live.firstByteAt ??= now()
        live.etaMs = etaMs ?? null
        tell(live, { type: 'progress', step, steps, etaMs: live.etaMs })
      }),
    transfer: (job, { bytes, totalBytes, bytesPerSecond, etaMs }) =>
      touch(job, (live) => {
        Object.assign(live.draft, { bytes, data: { ...live.draft.data, totalBytes } })
        Object.assign(live, { etaMs, told: bytes, firstByteAt: live.firstByteAt ?? now() })
        tell(live, { type: 'progress', bytes, totalBytes, bytesPerSecond, etaMs })
      }),
    preview: (job, url) =>
      touch(job, (live) => {
        live.draft.data.previewUrl = url
        tell(live, { type: 'preview', url })
      }),
    remember: (job, data) => touch(job, ({ draft }) => void Object.assign(draft.data, data)),
  }
}

function viewOf(live: LiveJob | undefined, awake: number): ReturnType<LiveJobs['view']> {
  if (!live) return undefined
  const { draft, etaMs, heardAt } = live
  const { previewUrl } = draft.data
  return { draft, etaMs, idleMs: awake - heardAt, previewUrl: typeof previewUrl === 'string' ? previewUrl : null }
}

function receivedBy(live: LiveJob | undefined): Received | undefined {
  if (!live) return undefined
  const { phase, bytes, text } = live.draft
  return { phase, bytes, text, firstByteAt: live.firstByteAt }
}

/** True when the draft in memory is ahead of the database. */
function isAhead({ changes, kept }: LiveJob): boolean {
  return changes > kept
}

function stateLine({ job, draft }: LiveJob, now: number): Line {
  const { phase, bytes, step, steps, text } = draft
  return liveLine('state', now, job.scope, refOf(job), { phase, bytes, step, steps, ...(text && { text }) })
}

function beatOf({ job, draft, heardAt }: LiveJob, now: number, awake: number): Record<string, unknown> {
  return {
    job: job.id,
    kind: job.kind,
    attempt: job.attempt,
    phase: draft.phase,
    elapsed: elapsed(refOf(job), now),
    bytes: draft.bytes,
    idleMs: awake - heardAt,
  }
}

/** One statement for all drafts; a job that has ended meanwhile has no row to belong to and is left out. */
async function insertDrafts(tx: Tx, ready: LiveJob[], at: number): Promise<void> {
  const rows = ready.map(({ job, draft }) => ({
    job: job.id,
    attempt: job.attempt,
    ...draft,
    data: JSON.stringify(draft.data),
  }))
  await tx.run(sql`
    INSERT INTO drafts (job_id, attempt, phase, bytes, step, steps, text, data, at)
    SELECT value ->> 'job', value ->> 'attempt', value ->> 'phase', value ->> 'bytes', value ->> 'step', value ->> 'steps',
           value ->> 'text', value ->> 'data', ${at}
    FROM json_each(${JSON.stringify(rows)})
    WHERE EXISTS (SELECT 1 FROM jobs WHERE id = value ->> 'job' AND state <> 'succeeded' AND attempt = value ->> 'attempt' AND attempt > fresh_after)
    ON CONFLICT (job_id) DO UPDATE SET attempt = excluded.attempt, phase = excluded.phase, bytes = excluded.bytes,
      step = excluded.step, steps = excluded.steps, text = excluded.text, data = excluded.data, at = excluded.at`)
}
