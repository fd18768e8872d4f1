import { and, eq, sql } from 'drizzle-orm'
import type { Entity, Target } from '../changes/entity.ts'
import { among } from '../changes/history.ts'
import type { Reader } from '../db/open.ts'
import { type Tx, turn } from '../db/writer.ts'
import type { EventLog } from '../events/append.ts'
import type { BlobRef } from '../files/blobs.ts'
import { languageOf } from '../files/languages.ts'
import { caseKey, pathTaken, projectPath } from '../files/paths.ts'
import { mergeFiles, type Texts } from './file-merge.ts'
import { files, fileVersions } from './tables.ts'

export const FILE = 'file'

/** Rows that go in with one statement. */
const ROWS = 500

/** What a file holds; the bytes are a blob that was put before. */
export type FileState = BlobRef

interface FileEntityDeps {
  events: EventLog
  now: () => number
  /** For merging; without it two contents never merge. */
  texts?: Texts
}

/** How files are changed: the entity's id is the path. Each state but a deletion is a version, said by `file.written`. */
export function fileEntity(deps: FileEntityDeps): Entity<FileState> {
  const { texts } = deps
  return {
    name: FILE,
    read: readFiles,
    write: async (tx, targets) => {
      await markDeleted(
        deps,
        tx,
        targets.filter(({ state }) => state === null),
      )
      await writeVersions(deps, tx, targets.filter(isThere))
    },
    ...(texts ? { merge: (tx, states) => mergeFiles(texts, tx, states) } : {}),
  }
}

async function readFiles(read: Reader, project: string, paths: string[]) {
  const rows = await read
    .select()
    .from(files)
    .where(and(eq(files.project, project), among(files.path, paths), eq(files.deleted, false)))
  return new Map(rows.map(({ path, version, hash, bytes }) => [path, { version, state: { hash, bytes } }]))
}

type Written = Target<FileState> & { state: FileState }

function isThere(target: Target<FileState>): target is Written {
  return target.state !== null
}

async function writeVersions({ events, now }: FileEntityDeps, tx: Tx, targets: Written[]): Promise<void> {
  const [first] = targets
  if (!first) return
  const { scope: project, change, job } = first
  const paths = targets.map(({ id }) => projectPath(id))
  await mustBeFree(tx, project, paths)
  const rows = targets.map(({ version, state: { hash, bytes } }, i) => {
    const path = paths[i]!
    return { project, path, pathKey: caseKey(path), version, hash, bytes, language: languageOf(path) }
  })
  for (let at = 0; at < rows.length; at += ROWS) {
    const part = rows.slice(at, at + ROWS)
    await tx
      .insert(files)
      .values(part.map((row) => ({ ...row, deleted: false, updatedAt: now() })))
      .onConflictDoUpdate({ target: [files.project, files.path], set: AS_GIVEN })
    await tx
      .insert(fileVersions)
      .values(part.map(({ pathKey: _, language: __, ...row }) => ({ ...row, change: change.id, at: now() })))
    await turn()
  }
  const written = rows.map(({ path, version, bytes, language }) => ({
    type: 'file.written',
    scope: project,
    by: change.by,
    data: { path, version, bytes, language },
    ...(job ? { job } : {}),
  }))
  await events.appendAll(tx, written)
}

const AS_GIVEN = {
  version: sql`excluded.version`,
  hash: sql`excluded.hash`,
  bytes: sql`excluded.bytes`,
  language: sql`excluded.language`,
  deleted: false,
  updatedAt: sql`excluded.updated_at`,
}

async function markDeleted({ now }: FileEntityDeps, tx: Tx, targets: Target<FileState>[]): Promise<void> {
  const [first] = targets
  if (!first) return
  for (let at = 0; at < targets.length; at += ROWS) {
    // the project is in there too: SQLite looks each name up then; else it would go through all names for each file
    const versions = JSON.stringify(targets.slice(at, at + ROWS).map(({ id, version }) => [first.scope, id, version]))
    await tx.run(sql`UPDATE files SET deleted = 1, updated_at = ${now()}, version = j.value ->> 2
      FROM json_each(${versions}) AS j WHERE files.project_id = j.value ->> 0 AND files.path = j.value ->> 1`)
    await turn()
  }
}

/** @throws Conflict `path_taken` when another file has the same key, is a folder of one of the paths, or lies below it */
async function mustBeFree(tx: Tx, project: string, paths: string[]): Promise<void> {
  const own = new Map<string, string>()
  for (const path of paths) {
    const other = own.get(caseKey(path))
    if (other !== undefined) throw pathTaken(path, other)
    own.set(caseKey(path), path)
  }
  for (const [key, path] of own) {
    const folder = foldersOf(key).find((each) => own.has(each))
    if (folder !== undefined) throw pathTaken(path, own.get(folder)!)
  }
  const wanted = [...own].flatMap(([key, path]) => [key, ...foldersOf(key)].map((taken) => ({ path, taken })))
  // CROSS JOIN: SQLite keeps to the order then, and looks each name up; else it would go through all files of the project
  const [clash] = await tx.all<{ path: string; other: string }>(sql`
    SELECT value ->> 'path' AS path, files.path AS other FROM json_each(${JSON.stringify(wanted)})
      CROSS JOIN files ON files.project_id = ${project} AND files.path_key = value ->> 'taken' AND files.deleted = 0
      WHERE files.path <> value ->> 'path'
    UNION ALL
    SELECT value ->> 'path', files.path FROM json_each(${JSON.stringify(wanted.filter(({ taken }) => own.has(taken)))})
      CROSS JOIN files ON files.project_id = ${project} AND files.deleted = 0
        AND files.path_key > (value ->> 'taken') || '/' AND files.path_key < (value ->> 'taken') || '0'
    LIMIT 1`)
  if (clash) throw pathTaken(clash.path, clash.other)
}

function foldersOf(key: string): string[] {
  return key
    .split('/')
    .slice(0, -1)
    .map((_, i, parts) => parts.slice(0, i + 1).join('/'))
}
