import { closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { digestOfFile, holdInAttempt } from './folder.ts'
import { badSpec } from './outcome.ts'
import type { WorkerSpec } from './protocol.ts'

/** A file that a render begins with, wherever it lies. */
export interface GivenInput {
  /** Absolute. */
  from: string
  sha256: string
  mediaType: string
}

/** Endings of files by the media type of what is in them: all that a render can begin with. */
export const ENDINGS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
}

/** Where the files will lie in the attempt's folder, as spec.json names them. */
export function placesOf(given: Record<string, GivenInput>): WorkerSpec['inputs'] {
  return Object.fromEntries(
    Object.entries(given).map(([name, { sha256, mediaType }]) => [
      name,
      { path: `in/${name}.${ENDINGS[mediaType] ?? 'bin'}`, sha256, mediaType },
    ]),
  )
}

/** Copies the files into the attempt's folder, so that nothing which happens to them later reaches the worker. */
export async function placeInputs(folder: string, given: Record<string, GivenInput>): Promise<void> {
  for (const [name, { path, sha256: wanted }] of Object.entries(placesOf(given))) {
    mkdirSync(join(folder, 'in'), { recursive: true, mode: 0o700 })
    using held = holdInAttempt(folder, 'in')
    await placeOne(join(held.path, basename(path)), name, given[name]!.from, wanted)
  }
}

async function placeOne(place: string, name: string, from: string, wanted: string): Promise<void> {
  await rm(place, { force: true }) // also a link that leads elsewhere
  await copyFile(from, place, constants.COPYFILE_EXCL)
  if ((await digestOfFile(place)) !== wanted) throw badSpec(`The file “${name}” is not the one that was given`)
  flush(place)
}

function flush(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
