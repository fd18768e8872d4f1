import { eq, lt, sql } from 'drizzle-orm'
import type { Database, Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { type Account, isFileTask, type TaskFacts } from './provider.ts'
import { BLANK_SENTINEL } from './request-key.ts'
import { answers } from './tables.ts'

/** All answers together, bytes; those that nobody asked for longest go first. */
const KEPT_BYTES = 64 * 1024 * 1024
/** An answer of more is not kept. */
export const MOST_BYTES = 1024 * 1024
/** Answers removed in one commit. */
const PAGE = 500
/** How an attempt ended that was content with its answers, as far as it came. */
const CONTENT = ['lost', 'snoozed', 'paused', 'held']

export interface AnswerDeps {
  now: () => number
  /** How long an answer is kept, ms; 0: not at all. */
  keepMs: number
}

/**
 * The answer to an equal request, if there is one that may be given. Who has had it already and asks again wants another
 * one: a second try of a job, or another job of the same project. Only a job that was cut off gets its answer back.
 */
export async function keptAnswer(
  { now, keepMs }: AnswerDeps,
  tx: Tx,
  request: string,
  account: Account | undefined,
): Promise<string | undefined> {
  const [answer] = await tx.select().from(answers).where(eq(answers.request, request))
  if (!answer || answer.madeAt <= now() - keepMs || (await hasHadIt(tx, request, account))) return undefined
  await tx.update(answers).set({ usedAt: now() }).where(eq(answers.request, request))
  return answer.text
}

async function hasHadIt(read: Reader, request: string, account: Account | undefined): Promise<boolean> {
  if (!account?.scope) return false
  const { scope, job, attempt } = account
  const [row] = await read.all<{ had: number }>(sql`
    select exists (
      select 1 from model_calls c left join attempts a on a.job_id = c.job_id and a.attempt = c.attempt
        left join jobs j on j.id = c.job_id
      where c.request = ${request} and c.scope = ${scope} and c.ended = 'stop' and not coalesce(
        c.job_id = ${job} and c.attempt < ${attempt} and j.fresh_after < c.attempt
        and a.outcome in (select value from json_each(${JSON.stringify(CONTENT)})), false)) as had`)
  return row!.had === 1
}

/**
 * Keeps an answer, and forgets those that were not asked for longest once there are too many. A file that holds the blank
 * end line itself is not kept: it would end there when it is given again.
 */
export async function keepAnswer(
  { now }: AnswerDeps,
  tx: Tx,
  request: string,
  answer: { text: string; task: TaskFacts },
): Promise<void> {
  if (isFileTask(answer.task) && answer.text.includes(BLANK_SENTINEL)) return
  const text = isFileTask(answer.task) ? answer.text.replaceAll(answer.task.sentinel, BLANK_SENTINEL) : answer.text
  const row = { text, bytes: Buffer.byteLength(text), madeAt: now(), usedAt: now() }
  await tx
    .insert(answers)
    .values({ request, ...row })
    .onConflictDoUpdate({ target: answers.request, set: row })
  await forgetUnused(tx)
}

async function forgetUnused(tx: Tx): Promise<void> {
  const { together } = await tx.get<{ together: number }>(sql`select sum(bytes) as together from answers`)
  if (together <= KEPT_BYTES) return
  await tx.run(sql`
    delete from answers where request in (
      select request from (select request, sum(bytes) over (order by used_at desc, request) as together from answers)
      where together > ${KEPT_BYTES})`)
}

/** The text of a kept answer as one to this request. */
export function asAnswerTo(task: TaskFacts, text: string): string {
  return isFileTask(task) ? text.replaceAll(BLANK_SENTINEL, task.sentinel) : text
}

/** Removes up to 500 answers that are too old to be given. Returns how many. */
export function sweepAnswers({ db, now, keepMs }: AnswerDeps & { db: Database }): Promise<number> {
  return db.write(async (tx) => {
    const old = tx
      .select({ request: answers.request })
      .from(answers)
      .where(lt(answers.madeAt, now() - keepMs))
    const gone = await tx
      .delete(answers)
      .where(sql`${answers.request} in (${old.limit(PAGE)})`)
      .returning({ request: answers.request })
    return gone.length
  })
}
