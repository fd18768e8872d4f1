import { and, eq, isNull } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { draftOf, keptDraft } from './drafts.ts'
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

/** Opens the row of an attempt, in the transaction that claims its job. */
export async function openAttempt(tx: Tx, job: Job, boot: string, at: number): Promise<void> {
  const inputHash = await hashOfInput(tx, job)
  const row = { job: job.id, attempt: job.attempt, bootId: boot, startedAt: at, queuedAt: Math.min(at, job.runAt) }
  await tx.insert(attempts).values({ ...row, inputHash })
}

/** Notes who works on an attempt, as long as it is open. */
export async function noteWorked(tx: Tx, job: Job, worked: Worked): Promise<void> {
  await tx
    .update(attempts)
    .set(worked)
    .where(and(eq(attempts.job, job.id), eq(attempts.attempt, job.attempt), isNull(attempts.endedAt)))
}

/** Closes the row of an attempt with how it ended and all that is needed to understand why. No secret gets in. */
export async function closeAttempt(
  { live, now, redact }: SettleDeps,
  tx: Tx,
  job: Job,
  { outcome, error, stack, keepsDraft = true }: Settlement,
): Promise<void> {
  if (keepsDraft) await live.saveDraft(tx, job.id)
  const { text, ...received } = await receivedBy(tx, live, job)
  const tail = outcome === 'succeeded' || text === '' || !keepsDraft ? null : endOf(redact(text.slice(-2 * TAIL_BYTES)))
  await tx
    .update(attempts)
    .set({
      endedAt: now(),
      outcome,
      ...received,
      error,
      stack: stack ? redact(stack).slice(0, STACK_LENGTH) : null,
      tail,
    })
    .where(and(eq(attempts.job, job.id), eq(attempts.attempt, job.attempt)))
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
async function hashOfInput(read: Reader, { id, kind, input, attempt }: Job): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify([kind, input]))
  if (attempt > 1) {
    const { text, step, data } = await draftOf(read, id)
    hash.update(JSON.stringify([text, step, data]))
  }
  return hash.digest('hex')
}

/** The last bytes of a text, no character cut. */
function endOf(text: string): string {
  const bytes = Buffer.from(text)
  let from = Math.max(0, bytes.length - TAIL_BYTES)
  while (from < bytes.length && (bytes[from]! & 0xc0) === 0x80) from++
  return bytes.subarray(from).toString('utf8')
}
