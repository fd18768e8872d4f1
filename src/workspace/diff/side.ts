import type { Blobs } from '../../files/blobs.ts'
import { kindOf } from '../../files/languages.ts'
import { type ProjectFile, readFileBytes } from '../files.ts'
import { fileUrl, rawUrl } from '../urls.ts'
import type { Side } from './view.ts'

/** Longer files are not shown as text, in bytes. */
export const MOST_SHOWN_BYTES = 4_000_000

/** A version of a file as one side of a diff. @throws DomainError `blob_missing` */
export async function sideOf(deps: { blobs: Blobs }, file: ProjectFile): Promise<Side> {
  const { project, path, version, hash, bytes } = file
  return {
    label: `version ${version}`,
    key: hash,
    bytes,
    text: await textOf(deps, file),
    url: `${fileUrl(project, path)}?version=${version}`,
    rawUrl: `${rawUrl(project, path)}?version=${version}`,
  }
}

/** The text of a file; null when it isn't one, or too long to be shown. @throws DomainError `blob_missing` */
export async function textOf(deps: { blobs: Blobs }, file: ProjectFile): Promise<string | null> {
  if (kindOf(file.path) !== 'text' || file.bytes > MOST_SHOWN_BYTES) return null
  const text = new TextDecoder().decode(await readFileBytes(deps, file))
  return text.includes('\0') ? null : text
}
