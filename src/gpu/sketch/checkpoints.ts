import { readFileSync } from 'node:fs'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { z } from 'zod'
import { sha256 } from '../folder.ts'
import { readLine } from '../protocol.ts'
import { SKETCH } from './about.ts'
import type { Batch } from './batch.ts'
import type { Sketch } from './sketch.ts'

const MAGIC = 'HSK2'
const HEADER_LIMIT = 8192 // bytes

const header = z.object({
  version: z.literal(SKETCH.version),
  prompt: z.string(), // its sha256
  seed: z.number(), // of the first picture
  width: z.number(),
  height: z.number(),
  steps: z.number(),
  count: z.number(),
  made: z.array(z.string().regex(/^[0-9a-f]{64}$/)), // pictures that are finished
  step: z.number().int().nonnegative(), // of the one at work
  sha256: z.string(), // of the packed pixels
})

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
  const facts = readLine(header, data.toString('utf8', 8, 8 + size))
  if (!facts || facts.step > facts.steps || facts.made.length >= facts.count) return null
  const wanted = identity(batch)
  if (Object.entries(wanted).some(([key, value]) => facts[key as keyof typeof wanted] !== value)) return null
  const packed = data.subarray(8 + size)
  if (sha256(packed) !== facts.sha256) return null
  return { made: facts.made, step: facts.step, pixels: inflateRawSync(packed) }
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
