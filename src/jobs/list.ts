import { and, desc, eq, lt, or } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { Invalid } from '../errors.ts'
import type { JobState } from './state.ts'
import { type Job, jobs } from './tables.ts'

export interface JobQuery {
  /** The project that they belong to. */
  scope?: string | undefined
  state?: JobState | undefined
  /** 1 to 200. */
  limit: number
  /** What the page before ended with. */
  cursor?: string | undefined
}

/** A page of jobs, the newest first, and the cursor of the next; null at the end. @throws Invalid `bad_cursor` */
export async function listJobs(
  read: Reader,
  { scope, state, limit, cursor }: JobQuery,
): Promise<{ items: Job[]; nextCursor: string | null }> {
  const at = cursor ? parseCursor(cursor) : undefined
  const older = at && or(lt(jobs.createdAt, at.createdAt), and(eq(jobs.createdAt, at.createdAt), lt(jobs.id, at.id)))
  const mine = scope ? eq(jobs.scope, scope) : undefined
  const rows = await read
    .select()
    .from(jobs)
    .where(and(mine, state ? eq(jobs.state, state) : undefined, older))
    .orderBy(desc(jobs.createdAt), desc(jobs.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit)
  const end = items.at(-1)
  return { items, nextCursor: rows.length > limit && end ? `${end.createdAt}.${end.id}` : null }
}

function parseCursor(cursor: string): { createdAt: number; id: string } {
  const [, createdAt, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(cursor) ?? []
  if (!createdAt || !id)
    throw new Invalid('bad_cursor', 'The cursor is not one that this list gave out. Start again without it.')
  return { createdAt: Number(createdAt), id }
}
