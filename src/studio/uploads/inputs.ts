import type { Reader } from '../../db/open.ts'
import { Invalid } from '../../errors.ts'
import type { Blobs } from '../../files/blobs.ts'
import { type Inspected, inspect } from '../../files/media/inspect.ts'
import { KINDS } from '../../files/media/kinds.ts'
import { fileAt, openFile } from '../../workspace/files.ts'
import { WHY_NOT } from './refusals.ts'

/** What a render begins with: a picture to change, a mask, the first picture of a film, or a clip. */
export type InputSort = 'picture' | 'clip'

export interface Input {
  /** The project's path. */
  path: string
  /** Of the version that was there when it was resolved. */
  hash: string
  bytes: number
  sort: InputSort
  mediaType: string
  /** As it is shown: turned where its Exif says so. Null for a clip that doesn't say. */
  width: number | null
  height: number | null
  open(): Blob
}

/** Pictures that the libraries of engines don't open. */
const UNREAD: ReadonlySet<Inspected['kind']> = new Set(['heic'])

/**
 * A file of a project as what a render begins with. It is looked at again, however it came into the project: by its content, for
 * its size and for traps. @throws NotFound `unknown_file`; Invalid `input_unusable`; DomainError `blob_missing`
 */
export async function resolveInput(
  { read, blobs }: { read: Reader; blobs: Blobs },
  project: string,
  path: string,
  wanted: readonly InputSort[] = ['picture', 'clip'],
): Promise<Input> {
  const file = await fileAt(read, project, path)
  const content = await openFile({ blobs }, file)
  const found = await inspect(content)
  const { kind, width, height } = found
  const { sort, media } = KINDS[kind]
  const wrong = faultOf(found, wanted)
  if (wrong !== undefined || (sort !== 'picture' && sort !== 'clip'))
    throw new Invalid('input_unusable', `“${file.path}” ${wrong}`, {
      context: { field: 'input', path: file.path, kind },
    })
  const { hash, bytes } = file
  return { path: file.path, hash, bytes, sort, mediaType: media, width, height, open: () => content }
}

function faultOf({ kind, fault }: Inspected, wanted: readonly InputSort[]): string | undefined {
  const { sort, says } = KINDS[kind]
  if (!wanted.some((each) => each === sort))
    return `is ${says}. Choose ${wanted.map((each) => `a ${each}`).join(' or ')}.`
  if (UNREAD.has(kind)) return `is ${says}, which no engine opens. Save it as a JPEG or a PNG, and upload that.`
  return fault ? WHY_NOT[`upload_${fault}`] : undefined
}
