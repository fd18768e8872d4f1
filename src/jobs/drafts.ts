import { eq, inArray } from 'drizzle-orm'
import type { Database, Reader } from '../db/open.ts'
import type { Log } from '../log.ts'
import { type Draft, EMPTY_DRAFT } from './handler.ts'
import type { LiveJobs } from './live.ts'
import { drafts } from './tables.ts'

export interface DraftWriter extends AsyncDisposable {
  /** Calls `hear` at each interval: what it writes at once is in the same commit. Returns how to stop that. */
  onFlush(hear: () => void): () => void
}

/** Keeps the drafts of all running jobs at most `flushMs` behind memory, with at most one write per interval. */
export function openDraftWriter({
  db,
  live,
  flushMs,
  log,
}: {
  db: Database
  live: LiveJobs
  flushMs: number
  log: Log
}): DraftWriter {
  const hearers = new Set<() => void>()
  let flushing: Promise<void> | undefined
  const flush = async () => {
    if (!live.dirty) return
    try {
      await db.write((tx) => live.saveDrafts(tx))
    } catch (error) {
      log.error('drafts could not be kept; the next interval tries again', { error })
    }
  }
  const timer = setInterval(() => {
    flushing ??= flush().finally(() => {
      flushing = undefined
    })
    for (const hear of hearers) hear()
  }, flushMs)
  return {
    onFlush(hear) {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await flushing
      await flush()
    },
  }
}

/** What the attempts so far left behind. */
export async function draftOf(read: Reader, job: string): Promise<Draft> {
  return draftIn(await keptDraft(read, job))
}

/** The drafts of several jobs, by job; those without are left out. */
export async function draftsOf(read: Reader, ids: string[]): Promise<Map<string, Draft>> {
  if (ids.length === 0) return new Map()
  const rows = await read.select().from(drafts).where(inArray(drafts.job, ids))
  return new Map(rows.map((row) => [row.job, draftIn(row)]))
}

/** The draft as it was kept last, with the attempt that made it. */
export async function keptDraft(read: Reader, job: string) {
  const [row] = await read.select().from(drafts).where(eq(drafts.job, job))
  return row
}

function draftIn(row: typeof drafts.$inferSelect | undefined): Draft {
  if (!row) return { ...EMPTY_DRAFT, data: {} }
  const { phase, bytes, step, steps, text, data } = row
  return { phase, bytes, step, steps, text, data }
}
