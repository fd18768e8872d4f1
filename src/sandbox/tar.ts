/** A file that is laid into the working copy. */
export interface SandboxFile {
  path: string
  content: Uint8Array | string
}

/** Something that came out of a sandbox: whoever ran there chose every byte of it. */
export type Returned = { path: string; content: Uint8Array } | { path: string; special: true }

const BLOCK = 512
const MOST_NAME = 64 * 1024 // bytes of a long name, which GNU tar gives as an entry of its own
const FILE = '0'
const FOLDER = '5'
const LONG_NAME = 'L'
const EXTENDED = 'x'

/** A tar (POSIX ustar, long names in pax headers) of files, made while it is read. A script that names its interpreter can be run. */
export function* packed(files: Iterable<SandboxFile>, at: number): Generator<Uint8Array> {
  for (const { path, content } of files) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    if (Buffer.byteLength(path) > 100) yield* longName(path, at)
    yield header(path, bytes.byteLength, { type: FILE, mode: isScript(bytes) ? '0000755' : '0000644', at })
    yield bytes
    yield new Uint8Array(padding(bytes.byteLength))
  }
  yield new Uint8Array(2 * BLOCK)
}

/** The tar did not end as one does, or says what can't be: nothing of it counts. */
export class BadTar extends Error {}

/** An entry is longer than was asked for; none of it was read. */
export class TooLong extends BadTar {}

/**
 * The entries of a tar as GNU tar and busybox write it, out of hostile hands: bounded by `most` bytes of one entry; folders
 * are left out, links, devices and pipes are named and not followed. @throws BadTar, TooLong
 */
export async function* unpacked(stream: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Returned> {
  const bytes = reader(stream)
  let long: string | undefined
  for (;;) {
    const block = await bytes.take(BLOCK)
    if (block.every((byte) => byte === 0)) return
    const { name, size, type } = readHeader(block)
    if (size > most) throw new TooLong(`an entry of ${size} bytes`)
    const content = await bytes.take(size)
    await bytes.take(padding(size))
    if (type === LONG_NAME || type === EXTENDED) {
      if (size > MOST_NAME) throw new BadTar('a name without end')
      long = type === LONG_NAME ? textAt(content, 0, size) : (pathIn(content) ?? long)
      continue
    }
    const path = (long ?? name).replace(/^\.\//, '').replace(/\/$/, '')
    long = undefined
    if (type === FOLDER) continue
    yield type === FILE ? { path, content } : { path, special: true }
  }
}

/** Gives exactly as many bytes as asked for, whatever the pieces in which they come. */
function reader(stream: AsyncIterable<Uint8Array>) {
  const source = stream[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  const take = async (many: number): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = []
    let missing = many
    while (missing > 0) {
      if (rest.length === 0) {
        const { done, value } = await source.next()
        if (done) throw new BadTar('it ends in the middle')
        rest = value
      }
      const piece = rest.subarray(0, missing)
      pieces.push(piece)
      rest = rest.subarray(piece.length)
      missing -= piece.length
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }
  return { take }
}

function header(
  name: string,
  bytes: number,
  { type, mode, at }: { type: string; mode: string; at: number },
): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  block.write(Buffer.from(name).subarray(0, 100).toString('latin1'), 0, 'latin1')
  block.write(`${mode}\0`, 100)
  block.write('0001750\0', 108) // 1000, whose the files are in there
  block.write('0001750\0', 116)
  block.write(`${octal(bytes)}\0`, 124)
  block.write(`${octal(Math.floor(at / 1000))}\0`, 136)
  block.write(type, 156)
  block.write('ustar\x0000', 257, 'latin1')
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function* longName(path: string, at: number): Generator<Uint8Array> {
  const record = paxRecord('path', path)
  yield header('pax', record.byteLength, { type: EXTENDED, mode: '0000644', at })
  yield record
  yield new Uint8Array(padding(record.byteLength))
}

/** `length key=value`, where the length counts its own digits too. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  const length = [1, 2, 3, 4, 5].map((digits) => rest + digits).find((all) => String(all).length === all - rest)!
  return Buffer.from(`${length} ${key}=${value}\n`)
}

function pathIn(records: Uint8Array): string | undefined {
  let at = 0
  let path: string | undefined
  while (at < records.length) {
    const space = records.indexOf(0x20, at)
    const length = Number(textAt(records, at, Math.max(0, space - at)))
    if (!(Number.isInteger(length) && length > 0 && at + length <= records.length)) throw new BadTar('a bad pax header')
    const record = textAt(records, space + 1, at + length - 1 - (space + 1))
    if (record.startsWith('path=')) path = record.slice('path='.length)
    at += length
  }
  return path
}

function readHeader(block: Uint8Array): { name: string; size: number; type: string } {
  if (readOctal(block, 148, 8) !== checksum(block)) throw new BadTar('it is damaged, or no tar')
  const size = block[124] === 0x80 ? Number(Buffer.from(block).readBigUInt64BE(128)) : readOctal(block, 124, 12)
  if (!(Number.isSafeInteger(size) && size >= 0)) throw new BadTar('a size that is none')
  const type = String.fromCharCode(block[156]!)
  const isPosix = textAt(block, 257, 6) === 'ustar' && block[262] === 0
  const prefix = isPosix ? textAt(block, 345, 155) : ''
  const name = textAt(block, 0, 100)
  return { name: prefix ? `${prefix}/${name}` : name, size, type: type === '\0' ? FILE : type }
}

function readOctal(block: Uint8Array, from: number, length: number): number {
  const text = textAt(block, from, length).trim()
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

function textAt(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length)
  const end = field.indexOf(0)
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8')
}

/** The sum of all bytes, with the field of the sum itself taken for spaces. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)
}

function octal(many: number): string {
  return many.toString(8).padStart(11, '0')
}

function padding(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK
}

function isScript(bytes: Uint8Array): boolean {
  return bytes[0] === 0x23 && bytes[1] === 0x21
}
