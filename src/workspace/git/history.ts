import { and, asc, eq, exists, gt, sql } from 'drizzle-orm'
import { changesById } from '../../changes/history.ts'
import { type Change, changes, operations } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import type { BlobRef } from '../../files/blobs.ts'
import { FILE, type FileState } from '../file-entity.ts'

/** Changes read in one turn of the event loop. */
const PAGE = 100

/** A change that touched files, as its commit tells it. */
export interface FileChange {
  seq: number
  id: string
  /** `person:<id>`, `job:<id>`, `system`. */
  by: string
  /** Why, in the author's words; null when nobody said. */
  reason: string | null
  job: string | null
  /** The changes that it takes back. */
  undoes: string[]
  at: number
  files: { path: string; before: BlobRef | null; after: BlobRef | null }[]
}

/** A project's changes of files after one, the oldest first, page by page. */
export async function* historyForGit(read: Reader, project: string, after: number): AsyncGenerator<FileChange> {
  for (let last = after; ; ) {
    const ofFiles = read
      .select({ one: sql`1` })
      .from(operations)
      .where(and(eq(operations.change, changes.id), eq(operations.entity, FILE)))
    const rows = await read
      .select({ id: changes.id, seq: changes.seq })
      .from(changes)
      .where(and(eq(changes.scope, project), exists(ofFiles), gt(changes.seq, last)))
      .orderBy(asc(changes.seq))
      .limit(PAGE)
    const whole = await changesById(
      read,
      rows.map(({ id }) => id),
    )
    for (const change of whole.reverse()) yield fileChange(change)
    if (rows.length < PAGE) return
    last = rows.at(-1)!.seq
  }
}

/** Where a change stands in the order of all; undefined when there is none of this name in the project. */
export async function placeOf(read: Reader, project: string, change: string): Promise<number | undefined> {
  const [row] = await read
    .select({ seq: changes.seq })
    .from(changes)
    .where(and(eq(changes.scope, project), eq(changes.id, change)))
  return row?.seq
}

function fileChange({ seq, id, by, reason, job, undoes, at, operations }: Change): FileChange {
  const files = operations
    .filter(({ entity }) => entity === FILE)
    .map(({ entityId: path, before, after }) => ({
      path,
      before: before as FileState | null,
      after: after as FileState | null,
    }))
  return { seq, id, by, reason: reason || null, job, undoes, at, files }
}
