import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DomainError } from '../../errors.ts'

const NAME = 'keys.key'
const KEY_BYTES = 32
/** What group and others may do with a file. */
const OTHERS = 0o077

/**
 * The key in the data directory that seals the vendors' keys; undefined where there is none yet.
 * @throws DomainError `key_file_unusable` when others may read it, or it is no key
 */
export function readKeyFile(data: string): Uint8Array | undefined {
  const path = join(data, NAME)
  const file = opened(path)
  if (file === undefined) return undefined
  try {
    const { mode } = fstatSync(file)
    if (mode & OTHERS) throw unusable(path, `can be read by others. Make it yours alone: chmod 600 ${path}`)
    const key = readFileSync(file)
    if (key.byteLength !== KEY_BYTES)
      throw unusable(path, 'is damaged. Put the old one back, or delete it and type the keys again.')
    return key
  } finally {
    closeSync(file)
  }
}

/** Makes the key, for its owner's eyes only, never over one that is there. @throws what the file system throws */
export function makeKeyFile(data: string): Uint8Array {
  const path = join(data, NAME)
  const unfinished = `${path}.new`
  rmSync(unfinished, { force: true })
  const file = openSync(unfinished, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    writeSync(file, randomBytes(KEY_BYTES))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  linkSync(unfinished, path)
  rmSync(unfinished)
  keepName(data)
  return readKeyFile(data)!
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw unusable(path, `can’t be opened (${code}). Check its rights.`)
  }
}

/** A new name is on the disk only when its directory is. */
function keepName(data: string): void {
  const directory = openSync(data, constants.O_RDONLY)
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function unusable(path: string, why: string): DomainError {
  return new DomainError('key_file_unusable', `${path} ${why}`)
}
