import { and, desc, eq, lt } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { NotFound } from '../errors.ts'
import { type Change, changes } from './tables.ts'

/** Most changes in one page of a project's history. */
export const CHANGES_PAGE = 200

/** @throws NotFound `unknown_change` */
export async function changeById(read: Reader, id: string): Promise<Change> {
  const [change] = await read.select().from(changes).where(eq(changes.id, id))
  if (!change) throw new NotFound('change', id)
  return change
}

/** A project's changes, the newest first; `before` is the id of the last one of the page before. */
export async function changesOf(
  read: Reader,
  scope: string,
  { limit = CHANGES_PAGE, before }: { limit?: number; before?: string | undefined } = {},
): Promise<Change[]> {
  const older = before === undefined ? undefined : lt(changes.seq, (await changeById(read, before)).seq)
  return read
    .select()
    .from(changes)
    .where(and(eq(changes.scope, scope), older))
    .orderBy(desc(changes.seq))
    .limit(Math.min(limit, CHANGES_PAGE))
}

/** The newest change of one entity, also when that was its deletion. */
export async function lastChange(read: Reader, scope: string, entity: string, id: string): Promise<Change | undefined> {
  const [last] = await read
    .select()
    .from(changes)
    .where(of(scope, entity, id))
    .orderBy(desc(changes.version))
    .limit(1)
  return last
}

/** Whether the entity, whose newest change is `last`, is as `change` left it: nothing came after, or all that did was undone. */
export async function standsOn(read: Reader, last: Change, change: Change): Promise<boolean> {
  let at: Change | undefined = last
  while (at && at.version > change.version && at.undoes)
    at = await changeBefore(read, await changeById(read, at.undoes))
  return at?.id === change.id
}

async function changeBefore(read: Reader, change: Change): Promise<Change | undefined> {
  const { scope, entity, entityId, baseVersion } = change
  const [before] = await read
    .select()
    .from(changes)
    .where(and(of(scope, entity, entityId), eq(changes.version, baseVersion)))
  return before
}

function of(scope: string, entity: string, id: string) {
  return and(eq(changes.scope, scope), eq(changes.entity, entity), eq(changes.entityId, id))
}
