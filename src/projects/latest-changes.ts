import { and, desc, eq, like, or } from 'drizzle-orm'
import { changes } from '../changes/tables.ts'
import type { Reader } from '../db/open.ts'

/** Changes that the page shows; the API has them all. */
const SHOWN = 4

/** A change of a file, or of the plan by a person, as the page tells it. */
export interface ChangeRow {
  id: string
  /** The file's path, or the task's title. */
  path: string
  what: 'written' | 'added' | 'changed' | 'removed' | 'undone'
  by: 'Hearth' | 'a person'
  at: number
  /** Whether it still stands. */
  stands: boolean
}

/** The latest changes of a project's files, and of its plan by people, the newest first. */
export async function latestChanges(read: Reader, project: string): Promise<ChangeRow[]> {
  const rows = await read
    .select()
    .from(changes)
    .where(and(eq(changes.scope, project), or(eq(changes.entity, 'file'), OF_THE_PLAN)))
    .orderBy(desc(changes.seq))
    .limit(SHOWN)
  return rows.map((row) => ({
    id: row.id,
    path: nameOf(row),
    what: wordFor(row),
    by: row.by.startsWith('person:') ? 'a person' : 'Hearth',
    at: row.at,
    stands: row.undoneBy === null,
  }))
}

/** What a planner did is the plan, and no edit of it. */
const OF_THE_PLAN = and(eq(changes.entity, 'task'), like(changes.by, 'person:%'))

function nameOf({ entity, entityId, before, after }: typeof changes.$inferSelect): string {
  if (entity === 'file') return entityId
  const { title } = (after ?? before) as { title?: string }
  return title ?? entityId
}

function wordFor({ entity, undoes, before, after }: typeof changes.$inferSelect): ChangeRow['what'] {
  if (undoes) return 'undone'
  if (after === null) return 'removed'
  if (before !== null) return 'changed'
  return entity === 'file' ? 'written' : 'added'
}
