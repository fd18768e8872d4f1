import type { Choice } from '../../changes/contest.ts'
import type { Change } from '../../changes/tables.ts'
import type { Database } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { Conflict, DomainError, Invalid, NotFound } from '../../errors.ts'
import type { Blobs } from '../../files/blobs.ts'
import { projectPath } from '../../files/paths.ts'
import { projectById } from '../../projects/projects.ts'
import { deleteFile, type FilesDeps, fileAt, keepContent, type ProjectFile, writeFile } from '../files.ts'

/** Longest content that is taken as one body, in bytes. */
export const MOST_PUT_BYTES = 32 * 1024 * 1024

export interface EditingDeps extends FilesDeps {
  db: Database
  blobs: Blobs
}

/** What an author saw before they wrote: a version, whatever is there, or that nothing is. */
export type Seen = { version: number } | 'anything' | 'nothing'

export interface Edited {
  file: ProjectFile
  change: Change
  /** Whether there was none before. */
  created: boolean
  /** Whether what others had changed since was kept beside it. */
  merged: boolean
}

interface Editing {
  project: string
  path: string
  by: string
  reason?: string | undefined
  /** Undefined: the author named nothing, which is well only for a new file. */
  seen: Seen | undefined
  choices?: readonly Choice[]
}

/** Writes a file for somebody. @throws Contested `version_conflict`; DomainError `precondition_missing`, `precondition_failed`; Invalid `bad_path`; Conflict `path_taken` */
export async function putFile(deps: EditingDeps, { content, ...put }: Editing & { content: Uint8Array | string }) {
  const path = projectPath(put.path)
  const blob = await keepContent({ ...deps, read: deps.db.read }, put.project, path, content)
  return deps.db.write(async (tx): Promise<Edited> => {
    const before = await presentIn(tx, put.project, path)
    const baseVersion = baseFor(put.seen, before)
    const change = await writeFile(deps, tx, { ...put, path, blob, baseVersion })
    const file = await fileAt(tx, put.project, path)
    const own = change.operations.find(({ entityId }) => entityId === path)
    const made = file.version !== before?.version
    return { file, change, created: !before, merged: made && own !== undefined && own.seen !== null }
  })
}

/** Removes a file for somebody. @throws as `putFile`, and NotFound `unknown_file` */
export function removeFile(deps: EditingDeps, { project, path, by, reason, seen }: Editing): Promise<Change> {
  return deps.db.write(async (tx) => {
    const before = await presentIn(tx, project, path.normalize('NFC'))
    if (!before) throw new NotFound('file', path)
    const baseVersion = baseFor(seen, before)
    return deleteFile(deps, tx, { project, path: before.path, by, reason, baseVersion })
  })
}

function baseFor(seen: Seen | undefined, before: ProjectFile | undefined): number | undefined {
  if (seen === undefined && before) throw missing(before)
  if (seen === 'anything' && !before) throw failed()
  if (seen === undefined || seen === 'nothing') return 0
  return seen === 'anything' ? undefined : seen.version
}

/** @throws NotFound `unknown_project`: it may have been deleted while the content was on its way */
async function presentIn(tx: Tx, project: string, path: string): Promise<ProjectFile | undefined> {
  await projectById(tx, project)
  try {
    return await fileAt(tx, project, path)
  } catch (error) {
    if (error instanceof NotFound) return undefined
    throw error
  }
}

/**
 * What the headers of a request say that its author saw.
 * @throws Invalid `invalid_input`
 */
export function seenIn(headers: Headers): Seen | undefined {
  const [match, none] = [headers.get('if-match'), headers.get('if-none-match')]
  if (match !== null && none !== null) throw badHeader('if-none-match', 'Send If-Match or If-None-Match, not both.')
  if (none !== null) {
    if (none.trim() === '*') return 'nothing'
    throw badHeader('if-none-match', 'If-None-Match takes * here: the file must not be there yet.')
  }
  if (match === null) return undefined
  if (match.trim() === '*') return 'anything'
  const version = /^"(\d{1,9})"$/.exec(match.trim())?.[1]
  if (version) return { version: Number(version) }
  throw badHeader('if-match', 'If-Match takes the ETag of the file that you saw, or * for whatever is there.')
}

function badHeader(field: string, message: string): Invalid {
  return new Invalid('invalid_input', message, { context: { field } })
}

function missing({ path, version }: ProjectFile): DomainError {
  return new DomainError(
    'precondition_missing',
    'This file is there already. Say in If-Match which version you saw, so that nobody’s work is overwritten unseen.',
    { context: { path, version } },
  )
}

function failed(): Conflict {
  return new Conflict('precondition_failed', 'There is no such file now. Send If-None-Match: * to make it.')
}
