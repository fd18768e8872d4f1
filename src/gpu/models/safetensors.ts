import type { FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { type Header, Unreadable, usualType } from './header.ts'

/** Of the largest models they have some hundred kilobytes; what is larger is not read, since parsing it would stop all else. */
const MOST_HEADER_BYTES = 8 * 1024 ** 2
const MOST_TENSORS = 100_000
const LENGTH_BYTES = 8
const MOST_FACT = 500

const Tensor = z.object({
  dtype: z.string().max(20),
  shape: z.array(z.number().int().nonnegative()).max(16),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
})

/**
 * Reads the header of a safetensors file alone: eight bytes of length, then JSON (https://huggingface.co/docs/safetensors).
 * @throws Unreadable when it is broken, cut short or longer than any real one
 */
export async function readSafetensors(file: FileHandle, size: number): Promise<Header> {
  const length = await headerLength(file, size)
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, LENGTH_BYTES)
  if (bytesRead < length) throw new Unreadable('The file ends within its header: it was not copied whole.')
  const { __metadata__: facts, ...entries } = parsed(bytes)
  const names = Object.keys(entries)
  if (names.length > MOST_TENSORS)
    throw new Unreadable(`The file names ${names.length} tensors: no real model has so many.`)
  const tensors = new Map<string, number[]>()
  const counts = new Map<string, number>()
  const weights = size - LENGTH_BYTES - length
  for (const name of names) {
    const tensor = Tensor.safeParse(entries[name]).data
    if (!tensor) throw new Unreadable('The header of the file does not describe its tensors.')
    const [start, end] = tensor.data_offsets
    if (end < start || end > weights) throw cutShort(end - weights)
    tensors.set(name, tensor.shape)
    counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + end - start)
  }
  return { format: 'safetensors', tensors, type: usualType(counts), facts: shortFacts(facts) }
}

async function headerLength(file: FileHandle, size: number): Promise<number> {
  const start = Buffer.alloc(LENGTH_BYTES)
  const { bytesRead } = await file.read(start, 0, LENGTH_BYTES, 0)
  if (bytesRead < LENGTH_BYTES) throw new Unreadable('The file is too short to be a model.')
  const length = start.readBigUInt64LE()
  if (length > BigInt(size - LENGTH_BYTES)) throw new Unreadable('The file is shorter than its header says.')
  if (length > BigInt(MOST_HEADER_BYTES) || length < 2n)
    throw new Unreadable(`The header of the file would have ${length} bytes: no real model has such a header.`)
  return Number(length)
}

function parsed(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // said below, as all else that is no header
  }
  throw new Unreadable('The header of the file is not what safetensors have.')
}

function cutShort(missing: number): Unreadable {
  return new Unreadable(
    `The file is cut short: ${missing} bytes of its weights are missing. Copy or download it again.`,
  )
}

function shortFacts(facts: unknown): Record<string, string> {
  const pairs = typeof facts === 'object' && facts !== null ? Object.entries(facts) : []
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (typeof value === 'string' && value.length <= MOST_FACT ? [[name, value]] : [])),
  )
}
