import { crc32, deflateRawSync } from 'node:zlib'

/** One entry of a zip that is built by hand, so that it can lie. What isn't said is as it should be. */
export interface Made {
  name: string | Uint8Array
  data?: string | Uint8Array
  method?: number
  flags?: number
  /** What the directory says, where it differs from the truth. */
  crc?: number
  size?: number
  packed?: number
  /** Where the directory says that it is. */
  at?: number
  /** The name in the local header. */
  localName?: string
  /** Unix mode, as `stat` has it. */
  mode?: number
  extra?: Uint8Array
}

export interface Lies {
  count?: number
  comment?: Uint8Array
  /** Bytes between the directory and its end record. */
  gap?: Uint8Array
  disk?: number
  /** What the end record says of the directory's length, where it differs from the truth. */
  length?: number
}

/** A zip (APPNOTE.TXT 4.3), whatever is wrong with it. */
export function zipOf(
  made: Made[],
  { count = made.length, comment = new Uint8Array(), gap, disk = 0, length }: Lies = {},
) {
  const parts: Uint8Array[] = []
  const central: Uint8Array[] = []
  let at = 0
  const add = (part: Uint8Array) => {
    parts.push(part)
    at += part.length
  }
  for (const entry of made) {
    const start = at
    const { name, data = '', method = 8, flags = 0x800, extra = new Uint8Array() } = entry
    const raw = Buffer.from(data as string)
    const body = method === 8 ? deflateRawSync(raw) : raw
    const said = { crc: entry.crc ?? crc32(raw), packed: entry.packed ?? body.length, size: entry.size ?? raw.length }
    const facts = numbers(2, 20, 2, flags, 2, method, 2, 0, 2, 0x21, 4, said.crc, 4, said.packed, 4, said.size)
    const localName = Buffer.from((entry.localName ?? name) as string)
    add(Buffer.concat([numbers(4, 0x04034b50), facts, numbers(2, localName.length, 2, 0), localName, body]))
    const own = Buffer.from(name as string)
    central.push(
      Buffer.concat([
        numbers(4, 0x02014b50, 2, 0x31e),
        facts,
        numbers(2, own.length, 2, extra.length, 2, 0, 2, 0, 2, 0, 4, ((entry.mode ?? 0o100644) << 16) >>> 0),
        numbers(4, entry.at ?? start),
        own,
        extra,
      ]),
    )
  }
  const directory = Buffer.concat(central)
  const end = numbers(
    4,
    0x06054b50,
    2,
    disk,
    2,
    0,
    2,
    count,
    2,
    count,
    4,
    length ?? directory.length,
    4,
    at,
    2,
    comment.length,
  )
  return new Uint8Array(Buffer.concat([...parts, directory, gap ?? new Uint8Array(), end, comment]))
}

/** Pairs of width and value, in the order of a zip's bytes. */
export function numbers(...pairs: number[]): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < pairs.length; i += 2)
    for (let byte = 0; byte < pairs[i]!; byte++) bytes.push((pairs[i + 1]! / 256 ** byte) & 255)
  return Uint8Array.from(bytes)
}
