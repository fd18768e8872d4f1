import { and, asc, desc, eq, gt, sql } from 'drizzle-orm'
import type { Changes } from '../changes/changes.ts'
import type { Choice } from '../changes/contest.ts'
import { changeById } from '../changes/history.ts'
import type { Change } from '../changes/tables.ts'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { NotFound } from '../errors.ts'
import type { JobRef } from '../events/line.ts'
import { type BlobRef, type Blobs, blobMissing } from '../files/blobs.ts'
import { languageOf } from '../files/languages.ts'
import { projectPath } from '../files/paths.ts'
import type { FileRow } from '../projects/page.ts'
import { FILE } from './file-entity.ts'
import { files, fileVersions } from './tables.ts'
import { fileUrl, rawUrl } from './urls.ts'

/** Rows read in one turn of the event loop. */
const PAGE = 1_000

/** One version of a file of a project. */
export interface ProjectFile extends BlobRef {
  project: string
  path: string
  version: number
  language: string
  /** When it was written, ms since the epoch. */
  at: number
}

export interface FilesDeps {
  changes: Changes
}

export interface FileWrite {
  project: string
  path: string
  /** The content, in the blobs already. */
  blob: BlobRef
  by: string
  job?: JobRef | undefined
  /** Why, in words; without it, what was done. */
  reason?: string | undefined
  /** The version that the author saw; 0 = there must be none yet; undefined = whatever is there. */
  baseVersion?: number | undefined
  /** What a person decided where this was contested. */
  choices?: readonly Choice[] | undefined
}

/**
 * Writes a file as a change. The content that is there already makes no new version: the change that wrote it is returned.
 * What others changed since `baseVersion` is merged with it.
 * @throws Invalid `bad_path`; Conflict `path_taken`; Contested `version_conflict`
 */
export function writeFile({ changes }: FilesDeps, tx: Tx, write: FileWrite): Promise<Change> {
  const { project, path, blob, by, job, baseVersion, choices, reason = `Wrote ${path}` } = write
  const state = { hash: blob.hash, bytes: blob.bytes }
  const edit = { do: 'put', entity: FILE, id: projectPath(path), state, baseVersion } as const
  return changes.apply(tx, { scope: project, by, job, reason, choices, edits: [edit] })
}

/** Keeps content for a file that is there or has been, or for a new one: of a text only what differs from its last version. */
export async function keepContent(
  { read, blobs }: { read: Reader; blobs: Blobs },
  project: string,
  path: string,
  content: Uint8Array | string,
): Promise<BlobRef> {
  const [last] = await read
    .select({ hash: fileVersions.hash })
    .from(fileVersions)
    .where(and(eq(fileVersions.project, project), eq(fileVersions.path, path.normalize('NFC'))))
    .orderBy(desc(fileVersions.version))
    .limit(1)
  return blobs.put(content, { like: last?.hash })
}

/** Removes a file as a change: its versions stay. @throws NotFound `unknown_file`; Conflict `version_conflict` */
export function deleteFile({ changes }: FilesDeps, tx: Tx, write: Omit<FileWrite, 'blob'>): Promise<Change> {
  const { project, path, by, job, baseVersion, reason = `Deleted ${path}` } = write
  const edit = { do: 'delete', entity: FILE, id: path, baseVersion } as const
  return changes.apply(tx, { scope: project, by, job, reason, edits: [edit] })
}

/** The version of a file that is there; 0 where there is none. */
export async function versionNow(read: Reader, project: string, path: string): Promise<number> {
  const [file] = await present(read, project, path)
  return file?.version ?? 0
}

/** A file as it is, or one of its versions, also when it was deleted since. @throws NotFound `unknown_file` */
export async function fileAt(read: Reader, project: string, path: string, version?: number): Promise<ProjectFile> {
  const name = path.normalize('NFC')
  const [file] = version === undefined ? await present(read, project, name) : await past(read, project, name, version)
  if (!file) throw new NotFound('file', version === undefined ? name : `${name} version ${version}`)
  return file
}

/** All files of a project as they are now, by path. */
export async function filesOf(read: Reader, project: string): Promise<ProjectFile[]> {
  const all: ProjectFile[] = []
  for (;;) {
    const after = all.at(-1)?.path ?? ''
    const page = await read
      .select(PRESENT)
      .from(files)
      .where(and(eq(files.project, project), eq(files.deleted, false), gt(files.path, after)))
      .orderBy(asc(files.path))
      .limit(PAGE)
    all.push(...page)
    if (page.length < PAGE) return all
  }
}

/** All files of a project as they were just after a change, by path. @throws NotFound `unknown_change` */
export async function filesAsOf(
  read: Reader,
  project: string,
  change: string,
): Promise<(BlobRef & { path: string; at: number })[]> {
  const { seq, scope } = await changeById(read, change)
  if (scope !== project) throw new NotFound('change', change)
  return read.all(sql`
    SELECT o.entity_id AS path, o.after ->> 'hash' AS hash, o.after ->> 'bytes' AS bytes, c.at AS at
    FROM operations o JOIN changes c ON c.id = o.change_id
    WHERE o.scope = ${project} AND o.entity = ${FILE} AND o.after IS NOT NULL AND o.version = (
      SELECT max(p.version) FROM operations p JOIN changes d ON d.id = p.change_id
      WHERE p.scope = o.scope AND p.entity = o.entity AND p.entity_id = o.entity_id AND d.seq <= ${seq})
    ORDER BY o.entity_id`)
}

/** @throws DomainError `blob_missing` */
export function readFileBytes({ blobs }: { blobs: Blobs }, file: BlobRef): Promise<Uint8Array<ArrayBuffer>> {
  return blobs.read(file.hash)
}

/** The bytes of a file, to be streamed. @throws DomainError `blob_missing` also when they are not all there */
export async function openFile({ blobs }: { blobs: Blobs }, { hash, bytes }: BlobRef): Promise<Blob> {
  const content = await blobs.open(hash)
  if (content.size !== bytes) throw blobMissing(hash)
  return content
}

/** The text of a file, read as UTF-8. @throws DomainError `blob_missing` */
export async function readFileText(deps: { blobs: Blobs }, file: BlobRef): Promise<string> {
  return new TextDecoder().decode(await readFileBytes(deps, file))
}

/** The file as the pages list it. */
export function fileRow({ project, path, language, bytes, version }: ProjectFile): FileRow {
  return { path, language, bytes, version, url: fileUrl(project, path), rawUrl: rawUrl(project, path) }
}

const PRESENT = {
  project: files.project,
  path: files.path,
  version: files.version,
  hash: files.hash,
  bytes: files.bytes,
  language: files.language,
  at: files.updatedAt,
}

function present(read: Reader, project: string, path: string): Promise<ProjectFile[]> {
  return read
    .select(PRESENT)
    .from(files)
    .where(and(eq(files.project, project), eq(files.path, path), eq(files.deleted, false)))
}

async function past(read: Reader, project: string, path: string, version: number): Promise<ProjectFile[]> {
  const found = await read
    .select()
    .from(fileVersions)
    .where(and(eq(fileVersions.project, project), eq(fileVersions.path, path), eq(fileVersions.version, version)))
  return found.map(({ change: _, ...file }) => ({ ...file, language: languageOf(path) }))
}
