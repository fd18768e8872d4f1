import type { Changes } from '../../changes/changes.ts'
import type { Change } from '../../changes/tables.ts'
import type { Database } from '../../db/open.ts'
import { NotFound } from '../../errors.ts'
import { writeFile } from '../files.ts'
import { contentOf, versionCalled, versionsOf } from './versions.ts'

export interface Restoring {
  project: string
  path: string
  version: number
  /** The version that the person saw as the newest one. */
  seen: number
  by: string
}

/**
 * Brings a version of a file back by writing it again as a change, also when the file was removed since. What others wrote
 * after the version that the person saw is merged or in conflict, never overwritten.
 * @throws NotFound `unknown_file`; Contested `version_conflict`
 */
export async function restoreVersion(deps: { db: Database; changes: Changes }, wanted: Restoring): Promise<Change> {
  const { project, path, version, seen, by } = wanted
  const versions = await versionsOf(deps.db.read, project, path)
  const blob = contentOf(project, path, versionCalled(versions, path, version))
  if (!blob) throw new NotFound('file', `${path} version ${version}`)
  const baseVersion = versionCalled(versions, path, seen).hash === null ? 0 : seen
  const reason = `Restored version ${version} of ${path}`
  return deps.db.write((tx) => writeFile(deps, tx, { project, path, blob, by, reason, baseVersion }))
}
