import { and, eq, inArray, ne, or, sql } from 'drizzle-orm'
import type { Entity, Target } from '../changes/entity.ts'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import type { EventLog } from '../events/append.ts'
import type { BlobRef } from '../files/blobs.ts'
import { languageOf } from '../files/languages.ts'
import { caseKey, pathTaken, projectPath } from '../files/paths.ts'
import { files, fileVersions } from './tables.ts'

export const FILE = 'file'

/** What a file holds; the bytes are a blob that was put before. */
export type FileState = BlobRef

/** How files are changed: the entity's id is the path. Each state but a deletion is a version, said by `file.written`. */
export function fileEntity(deps: { events: EventLog; now: () => number }): Entity<FileState> {
  return {
    name: FILE,
    read: readFile,
    write: (tx, target) =>
      target.state ? writeVersion(deps, tx, target, target.state) : markDeleted(deps, tx, target),
  }
}

async function readFile(read: Reader, project: string, path: string) {
  const [file] = await read
    .select()
    .from(files)
    .where(and(eq(files.project, project), eq(files.path, path), eq(files.deleted, false)))
  return file ? { version: file.version, state: { hash: file.hash, bytes: file.bytes } } : null
}

async function writeVersion(
  { events, now }: { events: EventLog; now: () => number },
  tx: Tx,
  { scope: project, id, version, change, job }: Target<FileState>,
  { hash, bytes }: FileState,
): Promise<void> {
  const path = projectPath(id)
  await mustBeFree(tx, project, path)
  const language = languageOf(path)
  const present = { version, hash, bytes, language, deleted: false, updatedAt: now() }
  await tx
    .insert(files)
    .values({ project, path, pathKey: caseKey(path), ...present })
    .onConflictDoUpdate({ target: [files.project, files.path], set: present })
  await tx.insert(fileVersions).values({ project, path, version, hash, bytes, change: change.id, at: now() })
  await events.append(tx, {
    type: 'file.written',
    scope: project,
    by: change.by,
    data: { path, version, bytes, language },
    ...(job ? { job } : {}),
  })
}

async function markDeleted(
  { now }: { now: () => number },
  tx: Tx,
  { scope, id, version }: Target<FileState>,
): Promise<void> {
  await tx
    .update(files)
    .set({ deleted: true, version, updatedAt: now() })
    .where(and(eq(files.project, scope), eq(files.path, id)))
}

/** @throws Conflict `path_taken` when another file has the same key, is a folder of this path, or lies below it */
async function mustBeFree(tx: Tx, project: string, path: string): Promise<void> {
  const key = caseKey(path)
  const folders = key.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'))
  const below = sql`substr(${files.pathKey}, 1, ${key.length + 1}) = ${`${key}/`}`
  const [other] = await tx
    .select({ path: files.path })
    .from(files)
    .where(
      and(
        eq(files.project, project),
        ne(files.path, path),
        eq(files.deleted, false),
        or(inArray(files.pathKey, folders), below),
      ),
    )
    .limit(1)
  if (other) throw pathTaken(path, other.path)
}
