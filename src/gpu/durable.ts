import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes a file so that it is whole or absent, whatever is killed when. A link that somebody has put in its way is not followed. */
export function writeDurably(path: string, bytes: string | Uint8Array): void {
  place(path, bytes, fsyncSync)
  syncFolder(dirname(path))
}

/** The same for what nobody needs after a crash of the machine itself. */
export function writeWhole(path: string, bytes: string | Uint8Array): void {
  place(path, bytes)
}

function place(path: string, bytes: string | Uint8Array, sync?: (fd: number) => void): void {
  const part = `${path}.part`
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  rmSync(part, { force: true })
  const fd = openSync(part, 'wx')
  try {
    for (let at = 0; at < data.length; ) at += writeSync(fd, data, at)
    sync?.(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(part, path)
}

/** Has the names in a folder written: those of files that were made or renamed there. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
}
