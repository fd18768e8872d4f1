import type { FileHandle } from 'node:fs/promises'
import { type Header, Unreadable, usualType } from './header.ts'

/** Vocabularies of text encoders stand before the tensors: some megabytes. What comes later is not looked at. */
const MOST_HEADER_BYTES = 32 * 1024 ** 2
/** How much of the file is read: more only where the header goes on. */
const READS = [512 * 1024, 8 * 1024 ** 2, MOST_HEADER_BYTES]
const MOST_TENSORS = 100_000
const MOST_FACTS = 10_000
const MOST_TEXT = 1024 ** 2
const MOST_SHOWN = 500
const MOST_DIMENSIONS = 8
const MAGIC = 0x46554747

/** Sizes of the simple types of values, by their numbers. */
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8] as const
const STRING = 8
const ARRAY = 9

/** Types of tensors by their numbers, as ggml has them. */
const TYPES: Readonly<Record<number, string>> = {
  0: 'F32', 1: 'F16', 2: 'Q4_0', 3: 'Q4_1', 6: 'Q5_0', 7: 'Q5_1', 8: 'Q8_0', 10: 'Q2_K', 11: 'Q3_K', 12: 'Q4_K',
  13: 'Q5_K', 14: 'Q6_K', 15: 'Q8_K', 16: 'IQ2_XXS', 20: 'IQ4_NL', 23: 'IQ4_XS', 30: 'BF16',
} // biome-ignore format: a table

/**
 * Reads the header of a GGUF file alone (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
 * @throws Unreadable when it is broken, cut short or hostile
 */
export async function readGguf(file: FileHandle, size: number): Promise<Header> {
  for (const most of READS) {
    const bytes = Buffer.alloc(Math.min(size, most))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    try {
      return headerIn(bytes.subarray(0, bytesRead))
    } catch (error) {
      if (!(error instanceof EndsEarly) || size <= most || most === MOST_HEADER_BYTES) throw error
    }
  }
  throw new EndsEarly()
}

class EndsEarly extends Unreadable {
  constructor() {
    super('The file ends within its header: it was not copied whole.')
  }
}

function headerIn(bytes: Buffer): Header {
  const at = cursor(bytes)
  if (at.u32() !== MAGIC) throw new Unreadable('The file is named .gguf, but is none.')
  const version = at.u32()
  if (version < 2 || version > 3)
    throw new Unreadable(`The file is GGUF of version ${version}, which Hearth does not know.`)
  const [tensorCount, factCount] = [at.u64(), at.u64()]
  if (tensorCount > MOST_TENSORS || factCount > MOST_FACTS)
    throw new Unreadable('The file names more tensors or facts than any real model.')
  const facts: Record<string, string> = {}
  for (let i = 0; i < factCount; i++) {
    const name = at.text(MOST_TEXT)
    const value = at.value(at.u32())
    if (value !== null) facts[name] = value
  }
  return { format: 'gguf', ...tensorsOf(at, tensorCount), facts }
}

function tensorsOf(at: Cursor, count: number): Pick<Header, 'tensors' | 'type'> {
  const tensors = new Map<string, number[]>()
  const counts = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const name = at.text(MOST_TEXT)
    const dimensions = at.u32()
    if (dimensions > MOST_DIMENSIONS) throw new Unreadable('A tensor of the file has more dimensions than there are.')
    const shape = Array.from({ length: dimensions }, () => at.u64()).reverse() // columns first, there
    const type = TYPES[at.u32()] ?? 'other'
    at.u64() // where its data is
    tensors.set(name, shape)
    counts.set(type, (counts.get(type) ?? 0) + shape.reduce((a, b) => a * b, 1))
  }
  return { tensors, type: usualType(counts) }
}

type Cursor = ReturnType<typeof cursor>

function cursor(bytes: Buffer) {
  let at = 0
  const take = (count: number) => {
    if (count > bytes.length - at) throw new EndsEarly()
    at += count
    return at - count
  }
  const u32 = () => bytes.readUInt32LE(take(4))
  const u64 = () => Number(bytes.readBigUInt64LE(take(8)))
  const text = (most: number) => {
    const length = u64()
    if (length > most) throw new Unreadable('The file holds a name that is longer than any real one.')
    const start = take(length)
    return bytes.toString('utf8', start, start + length)
  }
  /** Text and whole numbers as text; null for what is longer, or of another type. */
  const value = (type: number): string | null => {
    if (type === STRING) {
      const said = text(MOST_HEADER_BYTES)
      return said.length <= MOST_SHOWN ? said : null
    }
    if (type === ARRAY) return skipArray()
    const start = take(sizeOf(type))
    return type === 4 ? String(bytes.readUInt32LE(start)) : null
  }
  const skipArray = (): null => {
    const [type, count] = [u32(), u64()]
    if (type === ARRAY) throw new Unreadable('The file holds lists of lists, which no model has.')
    if (type === STRING) for (let i = 0; i < count; i++) take(u64())
    else take(count * sizeOf(type))
    return null
  }
  return { u32, u64, text, value }
}

function sizeOf(type: number): number {
  const size = SIZES[type]
  if (!size) throw new Unreadable('The file holds a value of a type that there is not.')
  return size
}
