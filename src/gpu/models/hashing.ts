import { join } from 'node:path'
import { packed } from '../../assets-packed.ts'
import { DomainError } from '../../errors.ts'
import type { HashReply, HashRequest } from './hasher.ts'

/** Where the Worker's code is: in the single binary it is an entry point of its own, at its path in the repository. */
const HASHER = packed ? join(import.meta.dir, 'src/gpu/models/hasher.js') : new URL('./hasher.ts', import.meta.url).href

/**
 * The SHA-256 of a file, of any size, read in a Worker: of its first `most` bytes, where that is said. `heard` is told how many bytes were read so far.
 * @throws DomainError `model_unreadable`; what the signal says when it aborts
 */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
  heard?: (bytes: number) => void,
  most?: number,
): Promise<string> {
  signal?.throwIfAborted()
  const worker = new Worker(HASHER, { ref: false })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const stop = () => reject(signal!.reason)
  signal?.addEventListener('abort', stop, { once: true })
  worker.onmessage = ({ data }: MessageEvent<HashReply>) => {
    if ('bytes' in data) heard?.(data.bytes)
    else if ('sha256' in data) resolve(data.sha256)
    else reject(new DomainError('model_unreadable', `${path} can’t be read: ${data.failed}`))
  }
  worker.onerror = (event) => reject(new Error(`the Worker that hashes files failed: ${event.message}`))
  worker.postMessage({ path, most } satisfies HashRequest)
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', stop)
    worker.terminate()
  }
}
