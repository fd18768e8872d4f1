import { sql } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import { DomainError } from '../errors.ts'

/** Longer than the slowest commit of a healthy disk, shorter than the patience of who asks. */
const PATIENCE_MS = 2_000

export interface HealthDeps {
  db: Pick<Database, 'read' | 'write'>
  /** Whether the worker has been started and not stopped. */
  working: () => boolean
}

export type Readiness = { ready: true } | { ready: false; reason: string }

/** Whether work can be taken and kept: the database answers a read and grants a write, and the worker runs. */
export async function readiness({ db, working }: HealthDeps, patienceMs = PATIENCE_MS): Promise<Readiness> {
  if (!working()) return { ready: false, reason: 'The worker is not running: Hearth is starting or stopping.' }
  try {
    const probe = sql`select 1`
    await within(patienceMs, Promise.all([db.read.run(probe), db.write((tx) => tx.run(probe))]))
    return { ready: true }
  } catch (error) {
    return { ready: false, reason: error instanceof DomainError ? error.message : 'The database does not answer.' }
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    const say = () =>
      reject(new DomainError('database_slow', `The database has not answered for ${ms} ms.`, { retryable: true }))
    timer = setTimeout(say, ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
