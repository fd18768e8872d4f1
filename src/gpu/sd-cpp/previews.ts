import { copyFileSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Say } from '../worker/voice.ts'
import { PREVIEW } from './arguments.ts'

/** Numbers for the previews of one picture of a batch. */
const PREVIEWS_EACH = 1_000
const END_OF_PNG = Buffer.from('IEND')

/** Takes a copy of the one file that the program overwrites with each preview, once it is whole and new. */
export function previewTaker(folder: string, say: Say, n: number): (step: number) => void {
  const path = join(folder, PREVIEW)
  let taken = 0
  return (step) => {
    const at = writtenAt(path)
    if (at === null || at === taken || !isWhole(path)) return
    taken = at
    const file = `previews/${String(step + n * PREVIEWS_EACH).padStart(6, '0')}.png`
    copyFileSync(path, join(folder, `${file}.part`))
    renameSync(join(folder, `${file}.part`), join(folder, file))
    say({ type: 'preview', file, step })
  }
}

function writtenAt(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
}

/** It may be looked at while it is being written. */
function isWhole(path: string): boolean {
  return readFileSync(path).subarray(-8, -4).equals(END_OF_PNG)
}
