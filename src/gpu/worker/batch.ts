import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { sha256, writeDurably } from '../durable.ts'
import { readLine, type WorkerOutput, type WorkerSpec } from '../protocol.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47])
const MEDIA: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  mp4: 'video/mp4',
  webm: 'video/webm',
}

/** The pictures of a batch that are done, as a checkpoint keeps them. */
const doneSoFar = z.object({ outputs: z.array(z.object({ file: z.string(), sha256: z.string() }).loose()) })

/** Keeps the n-th output of a spec in the attempt's folder, under the name of its content. @throws when it is no picture or clip */
export function keepOutput(
  folder: string,
  bytes: Buffer,
  extension: string,
  spec: WorkerSpec,
  n: number,
): WorkerOutput {
  const mediaType = Object.hasOwn(MEDIA, extension) ? MEDIA[extension] : undefined
  if (!mediaType) throw new Error(`.${extension} is neither a picture nor a clip`)
  const digest = sha256(bytes)
  const file = `out/${digest}.${extension}`
  writeDurably(join(folder, file), bytes)
  const { width, height, seed, frames, fps } = spec.params
  const size = extension === 'png' ? sizeOf(bytes) : { width, height }
  const clip = mediaType.startsWith('video/') ? { frames, fps } : {}
  return { file, sha256: digest, mediaType, bytes: bytes.length, ...size, seed: seed + n, ...clip }
}

/** Notes the pictures that are done: a later attempt begins with the one after them. */
export function writeDone(folder: string, outputs: WorkerOutput[]): string {
  const file = `ckpt/${String(outputs.length).padStart(6, '0')}.json`
  writeDurably(join(folder, file), JSON.stringify({ outputs }))
  return file
}

/** Takes over the pictures that an earlier attempt has left, copied into `folder`; none where anything is amiss. */
export function takeDone(folder: string, checkpoint: string | undefined): WorkerOutput[] {
  if (!checkpoint || !existsSync(checkpoint)) return []
  const done = readLine(doneSoFar, readFileSync(checkpoint, 'utf8'))
  const from = dirname(dirname(checkpoint))
  const outputs = (done?.outputs ?? []) as unknown as WorkerOutput[]
  const good = outputs.every(({ file, sha256: wanted, poster }) => {
    const path = join(from, file)
    if (!existsSync(path)) return false
    const bytes = readFileSync(path)
    if (sha256(bytes) !== wanted) return false
    writeDurably(join(folder, file), bytes)
    if (poster && existsSync(join(from, poster))) writeDurably(join(folder, poster), readFileSync(join(from, poster)))
    return true
  })
  return good ? outputs : []
}

/** Width and height of a PNG, from its header. */
function sizeOf(bytes: Buffer): { width: number; height: number } {
  if (!bytes.subarray(0, 4).equals(SIGNATURE)) throw new Error('what was written is no PNG')
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}
