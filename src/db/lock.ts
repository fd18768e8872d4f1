import { dlopen, FFIType } from 'bun:ffi'
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Conflict } from '../errors.ts'

const LOCK_EXCLUSIVE = 2
const LOCK_NO_WAIT = 4

/**
 * Takes the operating system's lock (flock(2)) on a data directory, which is made when absent. It goes with the
 * process, however that ends. @throws Conflict `data_directory_in_use` that names the owner's process id.
 */
export function lockDataDirectory(directory: string): Disposable {
  const path = join(directory, 'hearth.lock')
  const file = openLockFile(directory, path)
  if (flock(file) !== 0) {
    closeSync(file)
    throw new Conflict(
      'data_directory_in_use',
      `Another Hearth server (process ${ownerOf(path)}) owns ${directory}. Stop it, or give this one another HEARTH_DATA.`,
      { context: { directory } },
    )
  }
  ftruncateSync(file)
  writeSync(file, String(process.pid), 0)
  return { [Symbol.dispose]: () => closeSync(file) }
}

function openLockFile(directory: string, path: string): number {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return openSync(path, 'a+', 0o600)
  } catch (cause) {
    throw new Conflict(
      'data_directory_unusable',
      `The data directory ${directory} can’t be written to. Check its path and rights, or set HEARTH_DATA.`,
      { cause, context: { directory } },
    )
  }
}

function ownerOf(path: string): string {
  try {
    return readFileSync(path, 'utf8') || 'unknown'
  } catch {
    return 'unknown' // only a hint in a sentence: the lock itself has already said no
  }
}

function flock(file: number): number {
  const libc = openLibc()
  try {
    return libc.symbols.flock(file, LOCK_EXCLUSIVE | LOCK_NO_WAIT)
  } finally {
    libc.close()
  }
}

function openLibc() {
  const symbols = { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } } as const
  const musl = `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`
  try {
    return dlopen('libc.so.6', symbols)
  } catch {
    return dlopen(musl, symbols)
  }
}
