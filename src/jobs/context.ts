import { and, eq } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import { noteWorked } from './attempt-row.ts'
import { type JobContext, LeaseLost } from './handler.ts'
import { type JobsDeps, jobById } from './jobs.ts'
import { refOf } from './settle.ts'
import { asJson, checkpoints, type Job } from './tables.ts'

/** What one attempt's handler works with. Writes of an attempt that has lost its job are refused. */
export function openContext(
  deps: JobsDeps,
  { job, draft, signal }: Pick<JobContext<unknown>, 'job' | 'draft' | 'signal'>,
): JobContext<unknown> {
  const { db, live } = deps
  return {
    job,
    input: job.input,
    signal,
    draft,
    step: (name, work) => stepOnce(deps, job, name, work),
    using: (worked) => db.write((tx) => noteWorked(tx, job, worked)),
    phase: async (phase) => {
      live.phase(job, phase)
      await tellOf(deps, job, 'job.phase', { phase })
    },
    tell: (type, data) => tellOf(deps, job, type, data),
    delta: (text) => live.delta(job, text),
    replaceText: (text) => live.replaceText(job, text),
    bytes: (total) => live.bytes(job, total),
    progress: (step) => live.progress(job, step),
    transfer: (far) => live.transfer(job, far),
    preview: (url) => live.preview(job, url),
    remember: (data) => live.remember(job, data),
  }
}

function tellOf({ db, events }: JobsDeps, job: Job, type: string, data: Record<string, unknown>): Promise<void> {
  return db.write(async (tx) => {
    await mustOwn(tx, job)
    await events.append(tx, { type, scope: job.scope, job: refOf(job), data })
  })
}

async function stepOnce<T>({ db, now }: JobsDeps, job: Job, name: string, work: () => Promise<T>): Promise<T> {
  const [known] = await db.read
    .select()
    .from(checkpoints)
    .where(and(eq(checkpoints.job, job.id), eq(checkpoints.name, name)))
  if (known) return known.value as T
  const result = (await work()) ?? null
  const value = asJson(result)
  await db.write(async (tx) => {
    await mustOwn(tx, job)
    await tx.insert(checkpoints).values({ job: job.id, name, attempt: job.attempt, value, at: now() })
  })
  return result as T
}

/** @throws LeaseLost when the attempt's job has moved on. */
export async function mustOwn(tx: Tx, { id, attempt }: Job): Promise<void> {
  const job = await jobById(tx, id)
  if (job.state !== 'running' || job.attempt !== attempt) throw new LeaseLost(id, attempt)
}
