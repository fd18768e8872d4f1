import { and, desc, eq, exists, like, or, sql } from 'drizzle-orm'
import { changesById } from '../changes/history.ts'
import { type Change, changes, type Operation, operations } from '../changes/tables.ts'
import type { Reader } from '../db/open.ts'

/** Changes that the page shows; the history has them all. */
const SHOWN = 4

/** A change of files, or of the plan by a person, as the page tells it. */
export interface ChangeRow {
  id: string
  /** The file's path, or the task's title. */
  path: string
  /** How many more things it touched. */
  more: number
  what: 'written' | 'added' | 'changed' | 'removed' | 'undone'
  by: 'Hearth' | 'a person'
  at: number
  /** Whether it still stands. */
  stands: boolean
}

/** The latest changes of a project's files, and of its plan by people, the newest first. */
export async function latestChanges(read: Reader, project: string): Promise<ChangeRow[]> {
  const shown = read
    .select({ one: sql`1` })
    .from(operations)
    .where(and(eq(operations.change, changes.id), or(eq(operations.entity, 'file'), OF_THE_PLAN)))
  const rows = await read
    .select({ id: changes.id })
    .from(changes)
    .where(and(eq(changes.scope, project), exists(shown)))
    .orderBy(desc(changes.seq))
    .limit(SHOWN)
  return (
    await changesById(
      read,
      rows.map(({ id }) => id),
    )
  ).map(rowOf)
}

/** What a planner did is the plan, and no edit of it. */
const OF_THE_PLAN = and(eq(operations.entity, 'task'), like(changes.by, 'person:%'))

function rowOf({ id, by, at, undoneBy, undoes, operations, count }: Change): ChangeRow {
  const told = operations.find(({ entity }) => entity === 'file') ?? operations[0]!
  return {
    id,
    path: nameOf(told),
    more: count - 1,
    what: undoes.length > 0 ? 'undone' : wordFor(told),
    by: by.startsWith('person:') ? 'a person' : 'Hearth',
    at,
    stands: undoneBy === null,
  }
}

function nameOf({ entity, entityId, before, after }: Operation): string {
  if (entity === 'file') return entityId
  const { title } = (after ?? before) as { title?: string }
  return title ?? entityId
}

function wordFor({ entity, before, after }: Operation): ChangeRow['what'] {
  if (after === null) return 'removed'
  if (before !== null) return 'changed'
  return entity === 'file' ? 'written' : 'added'
}
