import type { Changes, Edit } from '../../changes/changes.ts'
import type { Database } from '../../db/open.ts'
import { KINDS } from '../../files/media/kinds.ts'
import { caseKey } from '../../files/paths.ts'
import { projectById } from '../../projects/projects.ts'
import { FILE } from '../../workspace/file-entity.ts'
import { filesOf, type ProjectFile } from '../../workspace/files.ts'
import { numbered } from '../../workspace/import/import.ts'
import { fileUrl, rawUrl } from '../../workspace/urls.ts'
import type { Taken } from './intake.ts'
import type { Received } from './receive.ts'
import type { Refused } from './refusals.ts'

export interface KeepDeps {
  db: Database
  changes: Changes
}

/** A file that is in the project now. */
export interface Uploaded {
  /** As it was sent, without what hides in it. */
  name: string
  path: string
  bytes: number
  mediaType: string
  width: number | null
  height: number | null
  /** What its name said wrongly, in words. */
  note: string | null
  /** Whether the place on earth at which it was taken was removed from it. */
  withoutPlace: boolean
  /** Whether it was there already under this name, with the same content. */
  unchanged: boolean
  url: string
  rawUrl: string
}

export interface Uploads {
  project: string
  /** The change, to be undone; null when all was there already. */
  change: string | null
  files: Uploaded[]
  refused: Refused[]
}

/**
 * Makes what has come files of a project, as one change. Where a name is taken by other content it gets a number; two who send the
 * same name at once get two files, since both choose their names inside the transaction.
 * @throws NotFound `unknown_project`; Conflict `path_taken`
 */
export function keepUploads(
  { db, changes }: KeepDeps,
  { project, received, by }: { project: string; received: Received; by: string },
): Promise<Uploads> {
  const { taken, refused, folder } = received
  return db.write(async (tx) => {
    await projectById(tx, project)
    const placed = places(await filesOf(tx, project), folder, taken)
    const files = placed.map((each) => told(project, each))
    const edits = placed.filter(({ unchanged }) => !unchanged).map(editFor)
    if (edits.length === 0) return { project, change: null, files, refused }
    const what = edits.length === 1 ? edits[0]!.id : `${edits.length} files`
    const { id } = await changes.apply(tx, { scope: project, by, reason: `Uploaded ${what}`, edits })
    return { project, change: id, files, refused }
  })
}

interface Placed extends Taken {
  path: string
  unchanged: boolean
}

/** Where each goes: to its name, or to the first with a number that is free, or holds the same content already. Pure. */
export function places(present: readonly ProjectFile[], folder: string, taken: readonly Taken[]): Placed[] {
  const files = new Map(present.map(({ path, hash }) => [caseKey(path), { path, hash }]))
  const folders = new Set([...files.keys()].flatMap(foldersOf))
  return taken.map((each) => {
    const wanted = folder === '' ? each.name : `${folder}/${each.name}`
    for (let number = 1; ; number++) {
      const path = number === 1 ? wanted : numbered(wanted, number)
      const key = caseKey(path)
      const there = files.get(key)
      if (there?.hash === each.blob.hash) return { ...each, path: there.path, unchanged: true }
      if (there || folders.has(key)) continue
      files.set(key, { path, hash: each.blob.hash })
      return { ...each, path, unchanged: false }
    }
  })
}

function foldersOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'))
}

function editFor({ path, blob: { hash, bytes } }: Placed): Edit & { id: string } {
  return { do: 'put', entity: FILE, id: path, state: { hash, bytes }, baseVersion: 0 }
}

function told(
  project: string,
  { given, name, path, blob, kind, width, height, unchanged, withoutPlace }: Placed,
): Uploaded {
  return {
    name: given,
    path,
    bytes: blob.bytes,
    mediaType: KINDS[kind].media,
    width,
    height,
    note: name === given ? null : `“${given}” is ${KINDS[kind].says}, so it is called “${name}”.`,
    withoutPlace,
    unchanged,
    url: fileUrl(project, path),
    rawUrl: rawUrl(project, path),
  }
}
