import { mkdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { explainFiles } from '../../db/faults.ts'
import type { BlobRef, Blobs } from '../../files/blobs.ts'
import { type Inspected, inspect } from '../../files/media/inspect.ts'
import { KINDS } from '../../files/media/kinds.ts'
import { nameFor } from '../../files/media/names.ts'
import { patchesOfPlace } from '../../files/media/place.ts'
import { mustFit } from '../../workspace/import/limits.ts'
import { LOOK_AGAIN_BYTES, MOST_PICTURE_BYTES } from './limits.ts'
import { cleanName } from './names.ts'
import { type Reason, type Refused, refusalOf } from './refusals.ts'

export interface IntakeDeps {
  blobs: Blobs
  newId: () => string
  /** A folder for what is only there while an upload runs. */
  scratch: string
}

/** A file whose content is in the blobs; nothing else has changed. */
export interface Taken {
  /** As it was sent, without what hides in it. */
  given: string
  /** With the ending of what it is. */
  name: string
  blob: BlobRef
  kind: Inspected['kind']
  width: number | null
  height: number | null
  /** Whether it said at which place it was taken, and no longer does. */
  withoutPlace: boolean
}

/** Makes the folder; what a crash left in it is removed. */
export function openScratch(data: string): string {
  const scratch = join(data, 'uploads')
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  return scratch
}

/** Takes one file as it arrives: onto the disk, then into the blobs, unless it is refused. What was written goes in any other case. */
export async function takeOne(
  deps: IntakeDeps,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<Taken | Refused> {
  const given = cleanName(name)
  const path = join(deps.scratch, deps.newId())
  try {
    const written = await save(deps, path, content)
    const found = await inspect(Bun.file(path))
    const reason = whyNot(written, found)
    if (reason) return refusalOf(given, reason)
    const { kind, width, height, ends } = found
    if (ends !== null) await truncate(path, ends)
    const withoutPlace = await forgetPlace(path, kind)
    const blob = ends === null && !withoutPlace ? written : await refOf(path)
    await deps.blobs.takeFile(path, blob)
    return { given, name: nameFor(given, kind), blob, kind, width, height, withoutPlace }
  } catch (error) {
    throw explainFiles(error)
  } finally {
    await rm(path, { force: true })
  }
}

function whyNot({ bytes }: BlobRef, { kind, fault }: Inspected): Reason | undefined {
  if (bytes === 0) return 'upload_file_empty'
  if (KINDS[kind].sort === 'picture' && bytes > MOST_PICTURE_BYTES) return 'upload_picture_too_big'
  return fault ? `upload_${fault}` : undefined
}

async function save({ scratch }: IntakeDeps, path: string, content: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  const hasher = new Bun.CryptoHasher('sha256')
  let bytes = 0
  let look = 0
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'wx', 0o600)
    for await (const chunk of content) {
      if (bytes >= look) {
        await mustFit(scratch, LOOK_AGAIN_BYTES)
        look = bytes + LOOK_AGAIN_BYTES
      }
      hasher.update(chunk)
      bytes += chunk.byteLength
      await handle.writeFile(chunk)
    }
  } finally {
    await handle?.close()
  }
  return { hash: hasher.digest('hex'), bytes }
}

/** A picture that goes into a site, or out as a zip, would tell where its maker lives: whether it did. */
async function forgetPlace(path: string, kind: Inspected['kind']): Promise<boolean> {
  const patches = await patchesOfPlace(Bun.file(path), kind)
  if (patches.length === 0) return false
  await using handle = await open(path, 'r+')
  for (const { at, bytes } of patches) await handle.write(bytes, 0, bytes.length, at)
  return true
}

async function refOf(path: string): Promise<BlobRef> {
  const hasher = new Bun.CryptoHasher('sha256')
  let bytes = 0
  for await (const chunk of Bun.file(path).stream()) {
    hasher.update(chunk)
    bytes += chunk.byteLength
  }
  return { hash: hasher.digest('hex'), bytes }
}
