import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { draftsOf, keptDraft } from './drafts.ts'
import { type Draft, EMPTY_DRAFT } from './handler.ts'
import type { LiveJobs } from './live.ts'
import type { SettleDeps, Settlement } from './settle.ts'
import { attempts, type Job } from './tables.ts'

/** The end of the received text that a failed attempt keeps, bytes. */
const TAIL_BYTES = 2_048
/** How much of a stack is kept, characters. */
const STACK_LENGTH = 8_000
/** Causes of causes that a stack tells. */
const MOST_CAUSES = 4

/** Who works on an attempt: a provider and its model, or an engine on a device. */
export interface Worked {
  provider?: string
  model?: string
  engine?: string
  device?: string
}

/** Opens the rows of attempts, in the transaction that claims their jobs. Returns, in order, what earlier ones left behind. */
export async function openAttempts(tx: Tx, jobs: Job[], boot: string, at: number): Promise<Draft[]> {
  const left = await draftsOf(
    tx,
    jobs.filter(({ attempt }) => attempt > 1).map(({ id }) => id),
  )
  const drafts = jobs.map(({ id }) => left.get(id) ?? { ...EMPTY_DRAFT, data: {} })
  const rows = jobs.map((job, i) => ({
    job: job.id,
    attempt: job.attempt,
    queuedAt: Math.min(at, job.runAt),
    inputHash: hashOfInput(job, drafts[i]!),
  }))
  await tx.run(sql`
    INSERT INTO attempts (job_id, attempt, boot_id, started_at, queued_at, input_hash)
    SELECT value ->> 'job', value ->> 'attempt', ${boot}, ${at}, value ->> 'queuedAt', value ->> 'inputHash'
    FROM json_each(${JSON.stringify(rows)})`)
  return drafts
}

/** Notes who works on an attempt, as long as it is open. */
export async function noteWorked(tx: Tx, job: Job, worked: Worked): Promise<void> {
  await tx
    .update(attempts)
    .set(worked)
    .where(and(eq(attempts.job, job.id), eq(attempts.attempt, job.attempt), isNull(attempts.endedAt)))
}

/** How a running job's attempt ended. */
export type Ending = Pick<Settlement, 'outcome' | 'error' | 'stack' | 'keepsDraft'> & { job: Job }

/** Closes the rows of attempts with how they ended and all that is needed to understand why. No secret gets in. */
export async function closeAttempts({ live, now, redact }: SettleDeps, tx: Tx, endings: Ending[]): Promise<void> {
  if (endings.length === 0) return
  const kept = endings.filter(({ outcome, keepsDraft = true }) => keepsDraft && outcome !== 'succeeded')
  await live.saveDraftsOf(
    tx,
    kept.map(({ job }) => job.id),
  )
  const rows: object[] = []
  for (const { job, outcome, error, stack, keepsDraft = true } of endings) {
    const { text, ...received } = await receivedBy(tx, live, job)
    const hasTail = outcome !== 'succeeded' && text !== '' && keepsDraft
    rows.push({
      job: job.id,
      attempt: job.attempt,
      outcome,
      ...received,
      error: error && JSON.stringify(error),
      stack: stack && redact(stack).slice(0, STACK_LENGTH),
      tail: hasTail ? endOf(redact(text.slice(-2 * TAIL_BYTES))) : undefined,
    })
  }
  await tx.run(sql`
    UPDATE attempts SET ended_at = ${now()}, outcome = value ->> 'outcome', phase = value ->> 'phase', bytes = value ->> 'bytes',
      first_byte_at = coalesce(value ->> 'firstByteAt', first_byte_at), error = value ->> 'error', stack = value ->> 'stack',
      tail = value ->> 'tail'
    FROM json_each(${JSON.stringify(rows)})
    WHERE job_id = value ->> 'job' AND attempt = value ->> 'attempt'`)
}

/** Where an error came from, and its causes: for those who mend Hearth. */
export function stackOf(thrown: unknown): string | undefined {
  const stacks: string[] = []
  for (let at = thrown; at instanceof Error && stacks.length < MOST_CAUSES; at = at.cause)
    stacks.push(at.stack ?? String(at))
  return stacks.length > 0 ? stacks.join('\ncaused by: ') : undefined
}

/** From memory; of an attempt whose server has died, from what was kept last. */
async function receivedBy(read: Reader, live: LiveJobs, job: Job) {
  const known = live.progressOf(job.id)
  if (known) return known
  const kept = await keptDraft(read, job.id)
  if (kept?.attempt !== job.attempt) return { phase: null, bytes: null, text: '' }
  const { phase, bytes, text } = kept
  return { phase, bytes, text }
}

/** The same for two attempts that were asked the same and went on from the same draft. */
function hashOfInput({ kind, input, attempt }: Job, { text, step, data }: Draft): string {
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify([kind, input]))
  if (attempt > 1) hash.update(JSON.stringify([text, step, data]))
  return hash.digest('hex')
}

/** The last bytes of a text, no character cut. */
function endOf(text: string): string {
  const bytes = Buffer.from(text)
  let from = Math.max(0, bytes.length - TAIL_BYTES)
  while (from < bytes.length && (bytes[from]! & 0xc0) === 0x80) from++
  return bytes.subarray(from).toString('utf8')
}
