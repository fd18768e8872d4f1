import { and, asc, eq } from 'drizzle-orm'
import { type OperationKind, operations } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import { NotFound } from '../../errors.ts'
import { languageOf } from '../../files/languages.ts'
import { FILE, type FileState } from '../file-entity.ts'
import type { ProjectFile } from '../files.ts'
import { type Author, authorsOf } from './authors.ts'

/** A version of a file, or its removal: then it has no content. */
export interface FileVersion extends Author {
  version: number
  kind: OperationKind
  hash: string | null
  bytes: number | null
}

/** All versions of a file, the oldest first, also when it was removed since. @throws NotFound `unknown_file` */
export async function versionsOf(read: Reader, project: string, path: string): Promise<FileVersion[]> {
  const rows = await read
    .select()
    .from(operations)
    .where(and(eq(operations.scope, project), eq(operations.entity, FILE), eq(operations.entityId, path)))
    .orderBy(asc(operations.version))
  if (rows.length === 0) throw new NotFound('file', path)
  const authors = await authorsOf(
    read,
    rows.map(({ change }) => change),
  )
  return rows.map(({ change, version, kind, after }) => {
    const { hash = null, bytes = null } = (after ?? {}) as Partial<FileState>
    return { ...authors.get(change)!, version, kind, hash, bytes }
  })
}

/** The content of a version; null for a removal. */
export function contentOf(project: string, path: string, each: FileVersion | undefined): ProjectFile | null {
  if (!each || each.hash === null || each.bytes === null) return null
  const { version, hash, bytes, at } = each
  return { project, path, version, language: languageOf(path), hash, bytes, at }
}

/** The version with this number. @throws NotFound `unknown_file` */
export function versionCalled(versions: readonly FileVersion[], path: string, number: number): FileVersion {
  const found = versions.find(({ version }) => version === number)
  if (!found) throw new NotFound('file', `${path} version ${number}`)
  return found
}
