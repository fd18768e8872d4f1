import { renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { diskFull, isNoSpace } from '../db/faults.ts'
import { DomainError } from '../errors.ts'
import type { Manifest } from './manifest.ts'
import { readManifest } from './unpack.ts'

/** Writes a backup to a file, which has its name only once it is whole. @throws DomainError `disk_full`, `backup_failed` */
export async function saveBackup(
  path: string,
  open: () => Promise<ReadableStream<Uint8Array>>,
  signal?: AbortSignal,
): Promise<Manifest> {
  const partial = `${path}.partial`
  try {
    await write(partial, await open(), signal)
    const manifest = await readManifest(partial)
    renameSync(partial, path)
    return manifest
  } finally {
    rmSync(partial, { force: true })
  }
}

async function write(path: string, stream: ReadableStream<Uint8Array>, signal?: AbortSignal): Promise<void> {
  try {
    rmSync(path, { force: true }) // the mode is only obeyed for a file that is new
    await using file = await open(path, 'wx', 0o600)
    for await (const chunk of stream) {
      signal?.throwIfAborted()
      await writeAll(file, chunk)
    }
    await file.sync()
  } catch (error) {
    if (signal?.aborted) throw error
    if (isNoSpace(error)) throw diskFull(error)
    if (error instanceof DomainError) throw error
    throw new DomainError('backup_failed', `The backup could not be written to ${path}: ${String(error)} Try again.`, {
      retryable: true,
      cause: error,
    })
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten
}
