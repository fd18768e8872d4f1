import type { Reader } from '../../db/open.ts'
import { DomainError } from '../../errors.ts'
import type { Blobs } from '../../files/blobs.ts'
import type { SandboxFile } from '../../sandbox/tar.ts'
import { filesOf, type ProjectFile, readFileBytes } from '../files.ts'

/** Most bytes of a project that is copied into a sandbox: they lie in memory, here and there. */
const MOST_BYTES = 128 * 1024 * 1024

export interface WorkingCopy {
  /** As they were when the copy was made. */
  rows: ProjectFile[]
  files: SandboxFile[]
}

/** All files of a project, to be laid into a sandbox. @throws DomainError `project_too_big`, `blob_missing` */
export async function workingCopy(
  { read, blobs }: { read: Reader; blobs: Blobs },
  project: string,
): Promise<WorkingCopy> {
  const rows = await filesOf(read, project)
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  if (bytes > MOST_BYTES)
    throw new DomainError(
      'project_too_big',
      'The project’s files are too large to be copied into a sandbox: 128 MB at most.',
    )
  const files: SandboxFile[] = []
  for (const row of rows) files.push({ path: row.path, content: await readFileBytes({ blobs }, row) })
  return { rows, files }
}
