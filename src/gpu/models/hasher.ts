/** The Worker's side of `hashing.ts`: reads files from end to end, so that the server's own thread has nothing to do with it. */
export interface HashRequest {
  path: string
  /** Bytes that are read at most: a file may grow without end. */
  most?: number | undefined
}

export type HashReply = { bytes: number } | { sha256: string } | { failed: string }

/** Says how far it is at least so often, bytes. */
const TOLD_BYTES = 64 * 1024 ** 2

declare const self: Worker

self.onmessage = async ({ data }: MessageEvent<HashRequest>) => {
  const say = (reply: HashReply) => self.postMessage(reply)
  try {
    const hasher = new Bun.CryptoHasher('sha256')
    let [bytes, told] = [0, 0]
    const file = Bun.file(data.path)
    for await (const chunk of (data.most === undefined ? file : file.slice(0, data.most)).stream()) {
      hasher.update(chunk)
      bytes += chunk.byteLength
      if (bytes - told < TOLD_BYTES) continue
      told = bytes
      say({ bytes })
    }
    say({ sha256: hasher.digest('hex') })
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) })
  }
}
