import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Say } from '../worker/voice.ts'

/** Numbers for the previews of one picture of a batch. */
const PREVIEWS_EACH = 1_000
const END_OF_PNG = Buffer.from('IEND')
/** Before each frame of a film, its four-letter name and its length. */
const FRAME = Buffer.from('00dc')

export interface Previews {
  /** Takes what there is after a step, where it is whole and new. */
  take(step: number): void
  /** The last that was taken, inside of the folder. */
  last(): string | undefined
}

/** Takes a copy of the one file, `from`, that the program overwrites with each preview: a picture, or of a film its first frame. */
export function previewTaker(folder: string, from: string, say: Say, n: number): Previews {
  const path = join(folder, from)
  let [takenAt, last]: [number, string | undefined] = [0, undefined]
  return {
    last: () => last,
    take(step) {
      const at = writtenAt(path)
      const found = at === null || at === takenAt ? null : pictureIn(readFileSync(path))
      if (at === null || !found) return
      takenAt = at
      last = `previews/${String(step + n * PREVIEWS_EACH).padStart(6, '0')}.${found.extension}`
      writeFileSync(join(folder, `${last}.part`), found.bytes)
      renameSync(join(folder, `${last}.part`), join(folder, last))
      say({ type: 'preview', file: last, step })
    },
  }
}

function writtenAt(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
}

/** The whole of a PNG, or the first frame of an AVI of JPEGs; null for one that is still being written. */
export function pictureIn(bytes: Buffer): { bytes: Buffer; extension: string } | null {
  if (bytes.subarray(-8, -4).equals(END_OF_PNG)) return { bytes, extension: 'png' }
  const isFilm = bytes.length > 12 && bytes.toString('latin1', 8, 12) === 'AVI '
  const at = isFilm && bytes.readUInt32LE(4) === bytes.length - 8 ? bytes.indexOf(FRAME) : -1
  if (at < 0) return null
  const start = at + FRAME.length + 4
  return { bytes: bytes.subarray(start, start + bytes.readUInt32LE(start - 4)), extension: 'jpg' }
}
