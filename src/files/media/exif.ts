const ORIENTATION = 0x0112
const PLACE = 0x8825
const ENTRY_BYTES = 12
const COUNT_BYTES = 2
/** Bytes of a value by its type (TIFF 6.0, p. 15). */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]

/** What Exif, which has the form of a TIFF, tells of a picture. */
export interface Exif {
  /** 1 to 8; from 5 on width and height are exchanged when it is shown. */
  orientation: number
  /** Where in the block it says at which place the picture was taken: from, and how many bytes. */
  place: [number, number][]
}

/** Reads the first directory of a block of Exif; what is broken in it says nothing. */
export function readExif(block: Buffer): Exif {
  const exif: Exif = { orientation: 1, place: [] }
  const order = block.toString('latin1', 0, 4)
  if (order !== 'II*\0' && order !== 'MM\0*') return exif
  const from = reader(block, order.startsWith('II'))
  for (const { tag, at } of entriesOf(from, from.u32(4))) {
    if (tag === ORIENTATION) exif.orientation = from.u16(at + 8)
    if (tag === PLACE) exif.place = placeIn(block, from, from.u32(at + 8))
  }
  return exif
}

type Reader = ReturnType<typeof reader>

function reader(block: Buffer, little: boolean) {
  const inside = (at: number, length: number) => at >= 0 && at + length <= block.length
  return {
    length: block.length,
    u16: (at: number) => (inside(at, 2) ? (little ? block.readUInt16LE(at) : block.readUInt16BE(at)) : 0),
    u32: (at: number) => (inside(at, 4) ? (little ? block.readUInt32LE(at) : block.readUInt32BE(at)) : 0),
  }
}

function entriesOf(from: Reader, directory: number): { tag: number; at: number }[] {
  const count = directory >= 8 ? from.u16(directory) : 0
  return Array.from({ length: count }, (_, i) => directory + COUNT_BYTES + i * ENTRY_BYTES)
    .filter((at) => at + ENTRY_BYTES <= from.length)
    .map((at) => ({ tag: from.u16(at), at }))
}

/** The whole directory of the place, its count too, and the values that lie elsewhere. */
function placeIn(block: Buffer, from: Reader, directory: number): [number, number][] {
  const entries = entriesOf(from, directory)
  if (entries.length === 0) return []
  const values = entries.flatMap(({ at }): [number, number][] => {
    const length = from.u32(at + 4) * (SIZES[from.u16(at + 2)] ?? 0)
    const value = from.u32(at + 8)
    return length > 4 && value + length <= block.length ? [[value, length]] : []
  })
  return [[directory, COUNT_BYTES + entries.length * ENTRY_BYTES], ...values]
}
