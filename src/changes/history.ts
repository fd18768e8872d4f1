import { and, asc, count, desc, eq, exists, gt, inArray, isNull, lt, notExists, type SQL, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { NotFound } from '../errors.ts'
import { type Change, type ChangeRow, changes, type Operation, operations, reversals } from './tables.ts'

/** Most changes in one page of a project's history. */
export const CHANGES_PAGE = 200

/** Operations of one change that a list of changes holds: an import may have thousands. */
const OPERATIONS_LISTED = 100

/** Which changes of a project. */
export interface ChangesQuery {
  /** At most as many as a page. */
  limit?: number | undefined
  /** The id of the last one of the page before. */
  before?: string | undefined
  /** Those that touched a thing of this kind, or this one thing. */
  entity?: string | undefined
  id?: string | undefined
  /** An author; with `*` at the end, all whose names begin so: `job:*`. */
  by?: string | undefined
  job?: string | undefined
  batch?: string | undefined
}

/** @throws NotFound `unknown_change` */
export async function changeById(read: Reader, id: string): Promise<Change> {
  const [change] = await changesById(read, [id])
  return change!
}

/** The newest first. @throws NotFound `unknown_change` */
export async function changesById(read: Reader, ids: string[]): Promise<Change[]> {
  const rows = await read.select().from(changes).where(among(changes.id, ids)).orderBy(desc(changes.seq))
  const missing = ids.find((id) => !rows.some((row) => row.id === id))
  if (missing !== undefined) throw new NotFound('change', missing)
  return whole(read, rows)
}

/** A project's changes, the newest first, each with its first operations. @throws NotFound `unknown_change` for `before` */
export async function changesOf(read: Reader, scope: string, query: ChangesQuery = {}): Promise<Change[]> {
  const { limit = CHANGES_PAGE, before, entity, id, by, job, batch } = query
  const older = before === undefined ? undefined : lt(changes.seq, (await changeById(read, before)).seq)
  const rows = await read
    .select()
    .from(changes)
    .where(
      and(
        eq(changes.scope, scope),
        older,
        entity === undefined ? undefined : touched(read, scope, entity, id),
        by === undefined ? undefined : madeBy(by),
        job === undefined ? undefined : eq(changes.job, job),
        batch === undefined ? undefined : eq(changes.batch, batch),
      ),
    )
    .orderBy(desc(changes.seq))
    .limit(Math.min(limit, CHANGES_PAGE))
  return whole(read, rows, OPERATIONS_LISTED)
}

/** Who has changed a project; all jobs are one author, `job:*`. */
export async function authorsOf(read: Reader, scope: string): Promise<string[]> {
  const author = sql<string>`iif(${changes.by} like 'job:%', 'job:*', ${changes.by})`
  const rows = await read.selectDistinct({ author }).from(changes).where(eq(changes.scope, scope)).orderBy(author)
  return rows.map((row) => row.author)
}

/** How many changes of each batch stand. */
export async function standingIn(read: Reader, batches: string[]): Promise<Map<string, number>> {
  const rows = await read
    .select({ batch: sql<string>`${changes.batch}`, count: count() })
    .from(changes)
    .where(and(among(changes.batch, batches), isNull(changes.undoneBy)))
    .groupBy(changes.batch)
  return new Map(rows.map((row) => [row.batch, row.count]))
}

/** The changes of a batch that stand, the newest first. */
export function standingOf(read: Reader, batch: string): Promise<ChangeRow[]> {
  return read
    .select()
    .from(changes)
    .where(and(eq(changes.batch, batch), isNull(changes.undoneBy)))
    .orderBy(desc(changes.seq))
}

/** The newest operation of each of the things, also when that was its deletion, by id. */
export async function lastOperations(
  read: Reader,
  scope: string,
  entity: string,
  ids: string[],
): Promise<Map<string, Operation>> {
  const newest = sql`${operations.version} = (SELECT max(version) FROM operations AS o
    WHERE o.scope = ${operations.scope} AND o.entity = ${operations.entity} AND o.entity_id = ${operations.entityId})`
  const rows = await read
    .select()
    .from(operations)
    .where(and(of(scope, entity), among(operations.entityId, ids), newest))
  return new Map(rows.map((row) => [row.entityId, row]))
}

/** A thing's state at one of its versions: null where it was not there, undefined where there never was such a version. */
export async function stateAt(
  read: Reader,
  { scope, entity, id, version }: { scope: string; entity: string; id: string; version: number },
): Promise<unknown> {
  if (version === 0) return null
  const [row] = await read
    .select({ after: operations.after })
    .from(operations)
    .where(and(of(scope, entity), eq(operations.entityId, id), eq(operations.version, version)))
  return row ? row.after : undefined
}

/** The changes since one, and the first operation on each thing that they touched: what it was before that. The last come first. */
export async function sinceChange(
  read: Reader,
  { scope, seq }: ChangeRow,
): Promise<{ first: Operation[]; since: ChangeRow[] }> {
  const later = and(eq(changes.scope, scope), gt(changes.seq, seq))
  const touched = read
    .select({ first: sql`min(${operations.seq})` })
    .from(operations)
    .innerJoin(changes, eq(changes.id, operations.change))
    .where(later)
    .groupBy(operations.entity, operations.entityId)
  const first = await read
    .select()
    .from(operations)
    .where(inArray(operations.seq, touched))
    .orderBy(desc(operations.seq))
  const since = await read.select().from(changes).where(later).orderBy(desc(changes.seq))
  return { first, since }
}

/** What came after an operation on the same thing and stands, but for what only takes others back: the oldest first. */
export async function standingSince(
  read: Reader,
  { scope, entity, entityId, version }: Operation,
): Promise<Operation[]> {
  const takesBack = read.select({ one: sql`1` }).from(reversals).where(eq(reversals.change, changes.id))
  const rows = await read
    .select({ operation: operations })
    .from(operations)
    .innerJoin(changes, eq(changes.id, operations.change))
    .where(
      and(
        of(scope, entity),
        eq(operations.entityId, entityId),
        gt(operations.version, version),
        isNull(changes.undoneBy),
        notExists(takesBack),
      ),
    )
    .orderBy(asc(operations.version))
  return rows.map(({ operation }) => operation)
}

/** True for a column's values that are among these, however many they are. */
export function among(column: Parameters<typeof inArray>[0], values: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`
}

/** The rows with their operations, the first of each where there are `most`, and what they took back, in the same order. */
async function whole(read: Reader, rows: ChangeRow[], most?: number): Promise<Change[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const first = most === undefined ? undefined : lt(operations.seq, sql`${firstOf(operations.change)} + ${most}`)
  const made = await read
    .select()
    .from(operations)
    .where(and(among(operations.change, ids), first))
    .orderBy(asc(operations.seq))
  const counts = await read
    .select({ change: operations.change, count: count() })
    .from(operations)
    .where(among(operations.change, ids))
    .groupBy(operations.change)
  const back = await read.select().from(reversals).where(among(reversals.change, ids))
  const byChange = Map.groupBy(made, ({ change }) => change)
  const many = new Map(counts.map(({ change, count }) => [change, count]))
  return rows.map((row) => ({
    ...row,
    operations: byChange.get(row.id) ?? [],
    count: many.get(row.id) ?? 0,
    undoes: back.filter(({ change }) => change === row.id).map(({ undoes }) => undoes),
  }))
}

/** Where a change's operations begin: they follow upon each other. */
function firstOf(change: typeof operations.change): SQL {
  return sql`(SELECT min(o.seq) FROM operations AS o WHERE o.change_id = ${change})`
}

function madeBy(by: string): SQL {
  return by.endsWith('*') ? sql`substr(${changes.by}, 1, ${by.length - 1}) = ${by.slice(0, -1)}` : eq(changes.by, by)
}

function touched(read: Reader, scope: string, entity: string, id: string | undefined): SQL {
  const one = id === undefined ? undefined : eq(operations.entityId, id)
  return exists(
    read
      .select({ one: sql`1` })
      .from(operations)
      .where(and(of(scope, entity), one, eq(operations.change, changes.id))),
  )
}

function of(scope: string, entity: string) {
  return and(eq(operations.scope, scope), eq(operations.entity, entity))
}
