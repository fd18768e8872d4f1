import { damaged, type Source } from './source.ts'

const MOST_DIRECTORIES = 1_000
/** Of one directory: real ones have some dozens. */
const MOST_ENTRIES = 4_096
/** Values of a place that lie elsewhere: it has some thirty, of some dozen bytes. */
const MOST_VALUES = 256
const MOST_VALUE = 65_536
/** The words that programs write are some kilobytes long. */
const MOST_WORDS = 16 * 2 ** 20
const XMP = 700
const EXIF = 0x8769
const PLACE = 0x8825
const INSIDE = 0x014a
const ENTRY_BYTES = 12
/** Bytes of a value by its type (TIFF 6.0, p. 15). */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]

interface Block {
  at: number
  length: number
}

interface Entry {
  tag: number
  type: number
  count: number
  /** What it says where four bytes do, else where it is said. */
  value: number
}

/**
 * Where a TIFF says at which place it was taken - a directory of its own for each page, and values that lie elsewhere - and where the words
 * lie that programs have written. @throws MediaFault `damaged` when its directories lead in a circle, or end nowhere
 */
export async function placesInTiff(source: Source): Promise<{ places: Block[]; words: Block[] }> {
  const numbers = reader(source, (await source.bytes(0, 2)).toString('latin1') === 'II')
  const found = { places: [] as Block[], words: [] as Block[] }
  const seen = new Set<number>()
  const waiting = [await numbers.u32(4)]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === 0 || seen.has(at)) continue
    if (seen.size === MOST_DIRECTORIES) throw damaged()
    seen.add(at)
    const { entries, next } = await numbers.directory(at)
    waiting.push(next)
    for (const entry of entries) {
      if (entry.tag === PLACE) found.places.push(...(await placeAt(numbers, entry.value)))
      if (entry.tag === EXIF) waiting.push(entry.value)
      if (entry.tag === INSIDE) waiting.push(...(await numbers.listOf(entry)))
      if (entry.tag === XMP && entry.count <= MOST_WORDS) found.words.push({ at: entry.value, length: entry.count })
    }
  }
  return found
}

type Numbers = ReturnType<typeof reader>

function reader(source: Source, little: boolean) {
  const u16In = (bytes: Buffer, at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const u32In = (bytes: Buffer, at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const u32 = async (at: number) => u32In(await source.bytes(at, 4), 0)
  return {
    size: source.size,
    u32,
    async directory(at: number): Promise<{ entries: Entry[]; next: number }> {
      const count = u16In(await source.bytes(at, 2), 0)
      if (count > MOST_ENTRIES) throw damaged()
      const bytes = Buffer.from(await source.bytes(at + 2, count * ENTRY_BYTES + 4))
      const entries = Array.from({ length: count }, (_, i) => {
        const from = i * ENTRY_BYTES
        const [tag, type] = [u16In(bytes, from), u16In(bytes, from + 2)]
        return { tag, type, count: u32In(bytes, from + 4), value: u32In(bytes, from + 8) }
      })
      return { entries, next: u32In(bytes, count * ENTRY_BYTES) }
    },
    /** The numbers of an entry: in it, where it has one. */
    async listOf({ count, value }: Entry): Promise<number[]> {
      if (count <= 1) return [value]
      const bytes = Buffer.from(await source.bytes(value, Math.min(count, MOST_DIRECTORIES) * 4))
      return Array.from({ length: bytes.length / 4 }, (_, i) => u32In(bytes, i * 4))
    },
  }
}

/** The whole directory, its count too, and the values that lie elsewhere. */
async function placeAt(numbers: Numbers, at: number): Promise<Block[]> {
  const { entries } = await numbers.directory(at)
  if (entries.length === 0) return []
  const values = entries.slice(0, MOST_VALUES).map(({ type, count, value }) => {
    return { at: value, length: count * (SIZES[type] ?? 0) }
  })
  const elsewhere = values.filter(
    (each) => each.length > 4 && each.length <= MOST_VALUE && each.at + each.length <= numbers.size,
  )
  return [{ at, length: 2 + entries.length * ENTRY_BYTES }, ...elsewhere]
}
