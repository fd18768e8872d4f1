import { closeSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './database.ts'
import { canMount } from './small-disk.ts'

/** True where this process may mount a directory read-only. */
export const canMountReadOnly = canMount

/** Shows a directory read-only, for all that opens something in it from now on. */
export function mountReadOnly(path: string): Disposable {
  const mounted =
    Bun.spawnSync(['mount', '--bind', path, path]).success &&
    Bun.spawnSync(['mount', '-o', 'remount,ro,bind', path]).success
  if (!mounted) throw new Error('could not mount it read-only')
  return { [Symbol.dispose]: () => void Bun.spawnSync(['umount', '-l', path]) }
}

/** True where this process may take away the right to write from what is open already. */
export function canForbidWrites(): boolean {
  if (process.getuid?.() !== 0) return false
  using folder = temporaryFolder()
  const path = join(folder.path, 'file')
  const file = openSync(path, 'w')
  using _forbidden = forbidWrites(folder.path)
  try {
    writeSync(file, 'x')
    return false // some file systems ask only when a file is opened
  } catch {
    return true
  } finally {
    closeSync(file)
  }
}

/** Nobody may write to anything in a directory but the file `except`, not even who has it open, until it is disposed. */
export function forbidWrites(path: string, except?: string): Disposable {
  const all = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name !== except)
  Bun.spawnSync(['chattr', '+i', ...all.map((name) => join(path, name)), path])
  return { [Symbol.dispose]: () => void Bun.spawnSync(['chattr', '-R', '-i', path]) }
}
