import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DomainError } from '../errors.ts'

const KEY_BYTES = 32

/**
 * The key that signs preview links: read from the data directory, made there on the first run, for its owner's eyes only.
 * @throws DomainError `secret_damaged`
 */
export function previewKey(data: string): Uint8Array {
  const path = join(data, 'secret.key')
  const key = readKey(path) ?? makeKey(path)
  if (key.byteLength !== KEY_BYTES)
    throw new DomainError('secret_damaged', `${path} is damaged. Delete it: Hearth makes a new one when it starts.`, {
      severity: 'critical',
    })
  return key
}

function readKey(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}

function makeKey(path: string): Uint8Array {
  const unfinished = `${path}.new`
  rmSync(unfinished, { force: true })
  const file = openSync(unfinished, 'wx', 0o600)
  try {
    writeSync(file, crypto.getRandomValues(new Uint8Array(KEY_BYTES)))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  linkSync(unfinished, path) // never over a key that is there
  rmSync(unfinished)
  return readFileSync(path)
}
