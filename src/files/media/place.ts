import { crc32 } from 'node:zlib'
import { type Box, boxesIn } from './boxes.ts'
import { readExif } from './exif.ts'
import { itemsIn } from './items.ts'
import { segmentsOf } from './jpeg.ts'
import type { KindName } from './kinds.ts'
import { chunksOf as pngChunks } from './png.ts'
import { MediaFault, type Source, sourceOf } from './source.ts'
import { placesInTiff } from './tiff-place.ts'
import { chunksOf as riffChunks } from './webp.ts'

/** Bytes that are written over those at a place of a file. */
export interface Patch {
  at: number
  bytes: Buffer
}

interface Block {
  at: number
  length: number
}

/** A block of facts about a picture is some kilobytes long; what is longer than this is none. */
const MOST_BLOCK = 16 * 2 ** 20
/** What a film says of a place takes some dozens of bytes. */
const MOST_PLACE = 65_536
const EXIF = 'Exif\0\0'
const XMP = 'http://ns.adobe.com/xap/1.0/\0'
const XMP_KEYWORD = 'XML:com.adobe.xmp\0\0\0\0\0'
const APPLE_PLACE = 'com.apple.quicktime.location.ISO6709'
/** Where a film says it: QuickTime's and 3GPP's box. */
const PLACE_BOXES = new Set(['\xa9xyz', 'loci'])
/** A place in XMP, as an attribute or as an element: its value. */
const XMP_PLACES = [/(\bGPS\w*\s*=\s*")([^"]*)/g, /(\bGPS\w*\s*=\s*')([^']*)/g, /(<[\w-]+:GPS\w*>)([^<]*)/g]

/**
 * What is to be written over a picture or a film, so that it no longer says at which place on earth it was taken; its size, and all
 * else that it says, stay. Of JPEG, PNG, WebP, HEIC, AVIF, TIFF (Exif and XMP), MP4 and MOV.
 */
export async function patchesOfPlace(blob: Blob, kind: KindName): Promise<Patch[]> {
  const source = sourceOf(blob)
  try {
    return await (READERS[kind]?.(source) ?? [])
  } catch (error) {
    if (error instanceof MediaFault) return [] // what can't be read of it says no place either
    throw error
  }
}

const READERS: Partial<Record<KindName, (source: Source) => Promise<Patch[]>>> = {
  jpeg: ofJpeg,
  png: ofPng,
  webp: ofWebp,
  heic: ofItems,
  avif: ofItems,
  mp4: ofFilm,
  mov: ofFilm,
  tiff: ofTiff,
}

async function ofJpeg(source: Source): Promise<Patch[]> {
  const blocks = (await segmentsOf(source)).filter(({ marker }) => marker === 0xe1)
  return inAll(blocks, async (block) => {
    const bytes = await source.bytes(block.at, block.length)
    if (bytes.toString('latin1', 0, XMP.length) === XMP) return inXmp(block, bytes)
    return bytes.toString('latin1', 0, EXIF.length) === EXIF ? inExif(after(block, EXIF.length), bytes) : []
  })
}

async function ofWebp(source: Source): Promise<Patch[]> {
  return inAll(await riffChunks(source), async ({ type, ...block }) => {
    if (type !== 'EXIF' && type !== 'XMP ') return []
    const bytes = await blockOf(source, block)
    return type === 'XMP ' ? inXmp(block, bytes) : inExif(afterMark(block, bytes), bytes)
  })
}

/** A chunk of a PNG ends with a sum of itself. */
async function ofPng(source: Source): Promise<Patch[]> {
  return inAll(await pngChunks(source), async ({ type, ...block }) => {
    if (type !== 'eXIf' && type !== 'iTXt') return []
    const bytes = await blockOf(source, block)
    const isXmp = bytes.toString('latin1', 0, XMP_KEYWORD.length) === XMP_KEYWORD
    const [patch] = type === 'eXIf' ? inExif(block, bytes) : isXmp ? inXmp(block, bytes) : []
    if (!patch) return []
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(Buffer.concat([Buffer.from(type, 'latin1'), patch.bytes])))
    return [patch, { at: block.at + block.length, bytes: sum }]
  })
}

async function ofItems(source: Source): Promise<Patch[]> {
  return inAll(await itemsIn(source, ['Exif', 'mime']), async ({ type, ...block }) => {
    const bytes = await blockOf(source, block)
    if (type === 'mime') return inXmp(block, bytes)
    if (bytes.length < 4) return []
    const start = 4 + bytes.readUInt32BE(0) // the item says where in it the TIFF begins
    return inExif(after(block, start), bytes)
  })
}

async function ofFilm(source: Source): Promise<Patch[]> {
  const film = (await boxesIn(source, 0, source.size)).find(({ type }) => type === 'moov')
  if (!film) return []
  const inside = await boxesIn(source, film.at, film.end)
  const tracks = await inAll(
    inside.filter(({ type }) => type === 'trak'),
    ({ at, end }) => boxesIn(source, at, end),
  )
  const said = await inAll(
    [...inside, ...tracks].filter(({ type }) => type === 'udta'),
    ({ at, end }) => boxesIn(source, at, end),
  )
  const apple = await inAll(
    [...inside, ...tracks, ...said].filter(({ type }) => type === 'meta'),
    (meta) => applesPlace(source, meta),
  )
  return [...said.filter(({ type }) => PLACE_BOXES.has(type)), ...apple].flatMap(emptied)
}

async function ofTiff(source: Source): Promise<Patch[]> {
  const { places, words } = await placesInTiff(source)
  const blanks = places.map(({ at, length }) => ({ at, bytes: Buffer.alloc(length) }))
  return [...(await inAll(words, async (block) => inXmp(block, await blockOf(source, block)))), ...blanks]
}

/** Apple's list of facts: keys by number, and for each number a box. */
async function applesPlace(source: Source, meta: Box): Promise<Box[]> {
  const isPlain = (await source.bytes(meta.at + 4, 4)).toString('latin1') === 'hdlr'
  const parts = await boxesIn(source, meta.at + (isPlain ? 0 : 4), meta.end)
  const [keys, list] = ['keys', 'ilst'].map((name) => parts.find(({ type }) => type === name))
  if (!keys || !list) return []
  const names = (await boxesIn(source, keys.at + 8, keys.end)).map(async ({ at, end }) =>
    (await source.bytes(at, Math.min(end - at, 200))).toString('latin1'),
  )
  const number = 1 + (await Promise.all(names)).indexOf(APPLE_PLACE)
  const facts = number > 0 ? await boxesIn(source, list.at, list.end) : []
  return facts.filter(({ type }) => Buffer.from(type, 'latin1').readUInt32BE(0) === number)
}

/** A box that players pass over, with nothing in it. */
function emptied({ at, end }: Box): Patch[] {
  return [
    { at: at - 4, bytes: Buffer.from('free', 'latin1') },
    { at, bytes: Buffer.alloc(Math.min(end - at, MOST_PLACE)) },
  ]
}

function inExif(block: Block, bytes: Buffer): Patch[] {
  const copy = Buffer.from(bytes.subarray(bytes.length - block.length))
  const { place } = readExif(copy)
  for (const [from, length] of place) copy.fill(0, from, from + length)
  return place.length > 0 ? [{ at: block.at, bytes: copy }] : []
}

function inXmp({ at }: Block, bytes: Buffer): Patch[] {
  const text = bytes.toString('latin1')
  const blank = (_: string, before: string, value: string) => before + ' '.repeat(value.length)
  const without = XMP_PLACES.reduce((rest, place) => rest.replace(place, blank), text)
  return without === text ? [] : [{ at, bytes: Buffer.from(without, 'latin1') }]
}

function afterMark(block: Block, bytes: Buffer): Block {
  return bytes.toString('latin1', 0, EXIF.length) === EXIF ? after(block, EXIF.length) : block
}

function after({ at, length }: Block, skipped: number): Block {
  return { at: at + skipped, length: Math.max(0, length - skipped) }
}

async function blockOf(source: Source, { at, length }: Block): Promise<Buffer> {
  return length <= MOST_BLOCK ? Buffer.from(await source.bytes(at, length)) : Buffer.alloc(0)
}

async function inAll<T, R>(all: T[], find: (one: T) => Promise<R[]> | R[]): Promise<R[]> {
  const found: R[] = []
  for (const one of all) found.push(...(await find(one)))
  return found
}
