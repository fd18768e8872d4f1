import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TRIES = 100
const BETWEEN_MS = 50

/** A new folder below the system's temporary one, named after what it is for; it goes when its owner does. */
export function ownFolder(name: string): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), `${name}-`))
  return { path, [Symbol.dispose]: () => removeFolder(path) }
}

/** A process whose server was killed may write for a moment yet: the folder goes all the same. */
export function removeFolder(path: string): void {
  for (let left = TRIES; existsSync(path); left--) {
    try {
      rmSync(path, { recursive: true, force: true })
    } catch (error) {
      if (left === 0 || (error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BETWEEN_MS)
    }
  }
}
