import { inArray, sql } from 'drizzle-orm'
import { authorsCalled } from '../../changes/authors.ts'
import { changes, reversals } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import { jobs } from '../../jobs/tables.ts'

/** Rows asked for in one query. */
const PAGE = 500

/** Who made a change, when and what for, as pages and the API tell it. */
export interface Author {
  change: string
  /** `person:<id>`, `job:<id>`, `system`. */
  by: string
  /** A person's address, or what of Hearth it was. */
  who: string
  reason: string
  job: string | null
  /** The model that the job asked last; null where none was. */
  model: string | null
  at: number
  /** The changes that it took back. */
  undoes: string[]
  undoneBy: string | null
}

/** Of changes by their ids, who made them; those that are unknown are left out. */
export async function authorsOf(read: Reader, ids: readonly string[]): Promise<Map<string, Author>> {
  const rows = await inPages(ids, (some) => read.select().from(changes).where(inArray(changes.id, some)))
  const back = await inPages(ids, (some) => read.select().from(reversals).where(inArray(reversals.change, some)))
  const called = await authorsCalled(
    read,
    rows.map(({ by }) => by),
  )
  const makers = await makersOf(
    read,
    rows.flatMap(({ job }) => job ?? []),
  )
  return new Map(
    rows.map(({ id, by, reason, job, at, undoneBy }): [string, Author] => {
      const maker = job === null ? undefined : makers.get(job)
      const { kind, name } = called(by)
      const who = kind === 'agent' ? (WORDS[maker?.kind ?? ''] ?? name) : name
      const undoes = back.filter(({ change }) => change === id).map((each) => each.undoes)
      return [id, { change: id, by, who, reason, job, model: maker?.model ?? null, at, undoes, undoneBy }]
    }),
  )
}

/** What does which kind of job. */
const WORDS: Readonly<Record<string, string>> = {
  plan: 'the planner',
  write: 'the writer',
  render: 'the renderer',
  check: 'the checker',
  chat: 'the conversation',
}

async function makersOf(read: Reader, ids: string[]): Promise<Map<string, { kind: string; model: string | null }>> {
  const model = sql<string | null>`(SELECT provider || '/' || model FROM model_calls
    WHERE model_calls.job_id = jobs.id ORDER BY opened_at DESC LIMIT 1)`
  const rows = await inPages(ids, (some) =>
    read.select({ id: jobs.id, kind: jobs.kind, model }).from(jobs).where(inArray(jobs.id, some)),
  )
  return new Map(rows.map(({ id, ...maker }) => [id, maker]))
}

async function inPages<Row>(ids: readonly string[], ask: (some: string[]) => Promise<Row[]>): Promise<Row[]> {
  const all = [...new Set(ids)]
  const rows: Row[] = []
  for (let at = 0; at < all.length; at += PAGE) rows.push(...(await ask(all.slice(at, at + PAGE))))
  return rows
}
