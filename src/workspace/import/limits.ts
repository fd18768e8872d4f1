import { statfs } from 'node:fs/promises'
import { diskFull } from '../../db/faults.ts'
import { bytes } from '../../web/format.ts'
import { ImportTooBig } from './refusals.ts'

const MIB = 2 ** 20

/** Files in one import. */
export const MOST_FILES = 10_000
/** Entries of a zip, with its folders and what is left out. */
export const MOST_ENTRIES = 60_000
/** What is sent, in bytes. */
export const MOST_SENT = 1024 * MIB
/** What the files hold, in bytes: all together, and each. */
export const MOST_UNPACKED = 2048 * MIB
export const MOST_IN_FILE = 1024 * MIB
/** How much a zip may grow when it is unpacked, once it is larger than what any zip may hold. */
export const MOST_GROWTH = 200
export const HARMLESS_BYTES = 64 * MIB
/** How long sending may take, ms. */
export const LONGEST_MS = 30 * 60_000
/** What stays free on the disk for all else. */
const RESERVE = 256 * MIB

/** Counts bytes that arrive, and stops them at a limit. */
export function counter(limit: number): (chunk: Uint8Array) => void {
  let sum = 0
  return ({ byteLength }) => {
    sum += byteLength
    if (sum > limit) throw new ImportTooBig(`That is more than ${bytes(limit)}, the most that is taken at once.`, limit)
  }
}

/** @throws DomainError `disk_full` when the folder's disk can't hold so much more */
export async function mustFit(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < needed + RESERVE) throw diskFull(new Error(`${needed} bytes are needed in ${folder}`))
}
