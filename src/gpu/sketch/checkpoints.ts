import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { z } from 'zod'
import { sha256 } from '../folder.ts'
import { readLine } from '../protocol.ts'
import { SKETCH } from './about.ts'
import type { Sketch, SketchSpec } from './sketch.ts'

const MAGIC = 'HSK1'
const HEADER_LIMIT = 4096 // bytes

const header = z.object({
  version: z.literal(SKETCH.version),
  prompt: z.string(), // its sha256
  seed: z.number(),
  width: z.number(),
  height: z.number(),
  steps: z.number(),
  step: z.number().int().positive(),
  sha256: z.string(), // of the packed pixels
})

export interface Checkpoint {
  step: number
  pixels: Uint8Array
}

/** `HSK1`, the header's length (u32 LE), the header as JSON, the deflated pixels. */
export function encodeCheckpoint({ spec, step, sheet }: Sketch): Buffer {
  const packed = deflateRawSync(sheet.pixels, { level: 1 })
  const facts = { ...identity(spec), step, sha256: sha256(packed) }
  const text = Buffer.from(JSON.stringify(facts))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(text.length)
  return Buffer.concat([Buffer.from(MAGIC), size, text, packed])
}

/** The checkpoint, or null when it is damaged or belongs to another picture or engine version. */
export function decodeCheckpoint(bytes: Uint8Array, spec: SketchSpec): Checkpoint | null {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (data.length < 8 || data.toString('latin1', 0, 4) !== MAGIC) return null
  const size = data.readUInt32LE(4)
  if (size > HEADER_LIMIT || data.length < 8 + size) return null
  const facts = readLine(header, data.toString('utf8', 8, 8 + size))
  if (!facts || facts.step > spec.steps) return null
  const wanted = identity(spec)
  if (Object.entries(wanted).some(([key, value]) => facts[key as keyof typeof wanted] !== value)) return null
  const packed = data.subarray(8 + size)
  if (sha256(packed) !== facts.sha256) return null
  return { step: facts.step, pixels: inflateRawSync(packed) }
}

/** Puts a checkpoint's paint back, so that the next step is the one after it. */
export function resumeSketch(sketch: Sketch, { step, pixels }: Checkpoint): void {
  sketch.sheet.pixels.set(pixels)
  sketch.step = step
}

/**
 * The furthest good checkpoint that any attempt of the job has left for this very picture.
 * Damaged ones, and those of other parameters, are passed over, as are those of attempts up to `freshAfter`.
 */
export function latestCheckpoint(
  attempts: string,
  job: string,
  spec: SketchSpec,
  freshAfter = 0,
): { path: string; step: number } | null {
  const counting = list(join(attempts, job)).filter((attempt) => Number(attempt) > freshAfter)
  const paths = counting.flatMap((attempt) => {
    const folder = join(attempts, job, attempt, 'ckpt')
    return list(folder).map((file) => join(folder, file))
  })
  const good = paths
    .filter((path) => path.endsWith('.bin'))
    .flatMap((path) => {
      const found = readCheckpoint(path, spec)
      return found ? [{ path, step: found.step }] : []
    })
  return good.reduce<{ path: string; step: number } | null>(
    (best, one) => (best && best.step >= one.step ? best : one),
    null,
  )
}

export function readCheckpoint(path: string, spec: SketchSpec): Checkpoint | null {
  try {
    return decodeCheckpoint(readFileSync(path), spec)
  } catch {
    return null // gone since it was listed: it is as good as damaged
  }
}

function identity({ prompt, seed, width, height, steps }: SketchSpec) {
  return { version: SKETCH.version, prompt: sha256(Buffer.from(prompt)), seed, width, height, steps } as const
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no folder yet: nothing was left
  }
}
