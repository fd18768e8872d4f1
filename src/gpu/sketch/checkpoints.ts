import { readFileSync } from 'node:fs'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { sha256 } from '../durable.ts'
import { SKETCH } from './about.ts'
import type { Batch } from './batch.ts'
import type { Sketch } from './sketch.ts'

const MAGIC = 'HSK2'
const HEADER_LIMIT = 8192 // bytes
const DIGEST = /^[0-9a-f]{64}$/

/** What a checkpoint says of itself. */
interface Header extends ReturnType<typeof identity> {
  /** Digests of the pictures that are finished. */
  made: string[]
  /** Of the one at work. */
  step: number
  /** Of the packed pixels. */
  sha256: string
}

export interface Checkpoint {
  made: string[]
  step: number
  pixels: Uint8Array
}

/** `HSK2`, the header's length (u32 LE), the header as JSON, the deflated pixels. */
export function encodeCheckpoint(batch: Batch): Buffer {
  const { sketch, made } = batch
  const packed = deflateRawSync(sketch.sheet.pixels, { level: 1 })
  const facts = { ...identity(batch), made, step: sketch.step, sha256: sha256(packed) }
  const text = Buffer.from(JSON.stringify(facts))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(text.length)
  return Buffer.concat([Buffer.from(MAGIC), size, text, packed])
}

/** The checkpoint, or null when it is damaged or belongs to other pictures or another engine version. */
export function decodeCheckpoint(bytes: Uint8Array, batch: Batch): Checkpoint | null {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (data.length < 8 || data.toString('latin1', 0, 4) !== MAGIC) return null
  const size = data.readUInt32LE(4)
  if (size > HEADER_LIMIT || data.length < 8 + size) return null
  const facts = headerIn(data.toString('utf8', 8, 8 + size))
  if (!facts) return null
  const wanted = identity(batch)
  if (Object.entries(wanted).some(([key, value]) => facts[key as keyof typeof wanted] !== value)) return null
  if (facts.step > facts.steps || facts.made.length >= facts.count) return null
  const packed = data.subarray(8 + size)
  if (sha256(packed) !== facts.sha256) return null
  return { made: facts.made, step: facts.step, pixels: inflateRawSync(packed) }
}

/** Read without a schema, as a worker starts for each picture; what depends on the picture is compared afterwards. */
function headerIn(text: string): Header | null {
  try {
    const facts = JSON.parse(text)
    const isWhole = Array.isArray(facts.made) && Number.isInteger(facts.step) && facts.step >= 0
    return isWhole && facts.made.every((digest: unknown) => DIGEST.test(String(digest))) ? facts : null
  } catch {
    return null // damaged
  }
}

/** Puts a checkpoint's paint back, so that the next step is the one after it. */
export function resumeSketch(sketch: Sketch, { step, pixels }: Pick<Checkpoint, 'step' | 'pixels'>): void {
  sketch.sheet.pixels.set(pixels)
  sketch.step = step
}

export function readCheckpoint(path: string, batch: Batch): Checkpoint | null {
  try {
    return decodeCheckpoint(readFileSync(path), batch)
  } catch {
    return null // gone since it was listed: it is as good as damaged
  }
}

function identity({ count, made, sketch: { spec } }: Batch) {
  const { prompt, seed, width, height, steps } = spec
  const first = (seed - made.length + 2 ** 32) % 2 ** 32
  return { version: SKETCH.version, prompt: sha256(Buffer.from(prompt)), seed: first, width, height, steps, count }
}
