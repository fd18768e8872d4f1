import { open } from 'node:fs/promises'
import { DomainError } from '../errors.ts'

const BLOCK = 512
/** The largest size that twelve octal digits hold; above it the size is binary, as GNU tar writes it. */
const MOST_OCTAL = 8 ** 11 - 1
const REGULAR = '0'
/** More than a server that has gone on for years holds; a bound for what a hostile file can make us remember. */
const MOST_ENTRIES = 10_000_000

export interface TarContent {
  name: string
  /** Exactly as many as `content` gives. */
  bytes: number
  content: AsyncIterable<Uint8Array>
}

export interface TarEntry {
  name: string
  bytes: number
  /** Where its content starts in the file. */
  at: number
}

/** A tar (POSIX ustar) of regular files, made while it is read. @throws Error when a content has another size than was said. */
export async function* tarOf(entries: AsyncIterable<TarContent>, madeAt: number): AsyncGenerator<Uint8Array> {
  for await (const { name, bytes, content } of entries) {
    yield header(name, bytes, madeAt)
    let given = 0
    for await (const chunk of content) {
      given += chunk.byteLength
      yield chunk
    }
    if (given !== bytes) throw new Error(`${name} has ${given} bytes, not ${bytes}`)
    yield new Uint8Array(padding(bytes))
  }
  yield new Uint8Array(2 * BLOCK)
}

/**
 * The entries of a tar file, without their contents. Takes regular files alone: a link, folder or device is refused, as is
 * a file that was cut off. Names are as they stand there: whoever unpacks must check them.
 * @throws DomainError `backup_unreadable`
 */
export async function* entriesOf(path: string): AsyncGenerator<TarEntry> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  const block = Buffer.alloc(BLOCK)
  for (let at = 0, many = 0; ; many++) {
    const { bytesRead } = await file.read(block, 0, BLOCK, at)
    if (bytesRead < BLOCK) throw unreadable('it ends in the middle')
    if (block.every((byte) => byte === 0)) return
    if (many === MOST_ENTRIES) throw unreadable('it holds too many files')
    const entry = readHeader(block, at + BLOCK)
    if (entry.bytes > size - entry.at) throw unreadable('it ends in the middle')
    yield entry
    at = entry.at + entry.bytes + padding(entry.bytes)
  }
}

/** The error of a file that is no backup, or not a whole one. */
export function unreadable(why: string): DomainError {
  return new DomainError('backup_unreadable', `This is not a whole backup of Hearth: ${why}. Use another file.`)
}

function header(name: string, bytes: number, madeAt: number): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  if (Buffer.byteLength(name) > 100) throw new Error(`the name ${name} is too long for a tar`)
  block.write(name, 0)
  block.write('0000600\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  writeSize(block, bytes)
  block.write(
    `${Math.floor(madeAt / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  )
  block.write(REGULAR, 156)
  block.write('ustar\x0000', 257, 'latin1')
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function writeSize(block: Buffer, bytes: number): void {
  if (bytes <= MOST_OCTAL) return void block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  block[124] = 0x80
  block.writeBigUInt64BE(BigInt(bytes), 128)
}

function readHeader(block: Buffer, at: number): TarEntry {
  if (readOctal(block, 148, 8) !== checksum(block)) throw unreadable('it is damaged, or no tar file')
  const type = String.fromCharCode(block[156]!)
  if (type !== REGULAR && type !== '\0') throw unreadable('it holds something else than plain files')
  if (block[345] !== 0) throw unreadable('it holds a name that Hearth does not write')
  const bytes = block[124] === 0x80 ? Number(block.readBigUInt64BE(128)) : readOctal(block, 124, 12)
  if (!Number.isSafeInteger(bytes)) throw unreadable('it is damaged, or no tar file')
  return { name: textAt(block, 0, 100), bytes, at }
}

function readOctal(block: Buffer, from: number, length: number): number {
  const text = textAt(block, from, length).trim()
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

function textAt(block: Buffer, from: number, length: number): string {
  const field = block.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

/** The sum of all bytes, with the field of the sum itself taken for spaces. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)
}

function padding(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK
}
