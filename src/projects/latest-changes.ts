import { and, desc, eq } from 'drizzle-orm'
import { changes } from '../changes/tables.ts'
import type { Reader } from '../db/open.ts'

/** Changes that the page shows; the API has them all. */
const SHOWN = 4

/** A change of a file, as the page tells it. */
export interface ChangeRow {
  id: string
  path: string
  what: 'written' | 'changed' | 'removed' | 'undone'
  by: 'Hearth' | 'a person'
  at: number
  /** Whether it still stands. */
  stands: boolean
}

/** The latest changes of a project's files, the newest first. */
export async function latestChanges(read: Reader, project: string): Promise<ChangeRow[]> {
  const rows = await read
    .select()
    .from(changes)
    .where(and(eq(changes.scope, project), eq(changes.entity, 'file')))
    .orderBy(desc(changes.seq))
    .limit(SHOWN)
  return rows.map((row) => ({
    id: row.id,
    path: row.entityId,
    what: wordFor(row),
    by: row.by.startsWith('person:') ? 'a person' : 'Hearth',
    at: row.at,
    stands: row.undoneBy === null,
  }))
}

function wordFor({ undoes, before, after }: typeof changes.$inferSelect): ChangeRow['what'] {
  if (undoes) return 'undone'
  if (after === null) return 'removed'
  return before === null ? 'written' : 'changed'
}
