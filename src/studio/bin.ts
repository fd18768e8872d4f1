import { and, eq } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { Conflict } from '../errors.ts'
import { deleteFile, versionNow } from '../workspace/files.ts'
import { files } from '../workspace/tables.ts'
import { restoreThing } from '../workspace/trash/trash.ts'
import { artifactById } from './artifacts.ts'
import type { RendersDeps } from './renders.ts'
import type { Artifact } from './tables.ts'

/** Where a picture is: its file holds it, holds another one by now, was deleted, or waits for somebody’s yes. */
export type Standing = 'there' | 'replaced' | 'deleted' | 'proposed'

export async function standingOf(read: Reader, { project, path, hash }: Artifact): Promise<Standing> {
  const [file] = await read
    .select({ hash: files.hash, deleted: files.deleted })
    .from(files)
    .where(and(eq(files.project, project), eq(files.path, path)))
  if (!file) return 'proposed'
  if (file.deleted) return 'deleted'
  return file.hash === hash ? 'there' : 'replaced'
}

/**
 * Deletes a picture or clip: its file, as a change that can be undone. It is in no gallery then, and its page stays.
 * @throws NotFound `unknown_artifact`; Conflict `artifact_replaced`
 */
export async function deleteArtifact(deps: RendersDeps, id: string, by: string): Promise<Artifact> {
  return deps.db.write(async (tx) => {
    const artifact = await artifactById(tx, id)
    const { project, path } = artifact
    const standing = await standingOf(tx, artifact)
    if (standing === 'deleted') return artifact
    if (standing !== 'there')
      throw new Conflict(
        'artifact_replaced',
        `${path} does not hold this picture now, so another one would be deleted. Look at that file instead.`,
      )
    await deleteFile(deps, tx, { project, path, by, baseVersion: await versionNow(tx, project, path) })
    return artifact
  })
}

/** Brings back what was deleted. @throws NotFound `unknown_artifact`; Conflict `not_deleted` */
export async function bringBackArtifact(deps: RendersDeps, id: string, by: string): Promise<void> {
  const { project, path } = await artifactById(deps.db.read, id)
  await restoreThing(deps, project, { entity: 'file', id: path }, by)
}
