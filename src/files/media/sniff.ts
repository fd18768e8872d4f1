import { isUtf8 } from 'node:buffer'
import type { KindName } from './kinds.ts'
import type { Source } from './source.ts'

/** Of the beginning, which tells what a content is. */
const HEAD_BYTES = 4_096
/** An MPEG frame header: 11 bits of sync, and no layer, bit rate or sample rate that is reserved. */
const MPEG_SYNC = 0xffe0
/** How a page begins, as browsers look for one (WHATWG MIME Sniffing, 7.1), and what else would act in one. */
const PAGE =
  /^(?:<!doctype html|<(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|base|form|object|embed|img|template)(?=[\s>/]))/i
/** What may stand before the first element: a declaration, comments, a document type. */
const PROLOG = /^(?:\s+|<\?[^>]*\?>|<!--[\s\S]*?-->)/
const DOCTYPE = /^<!doctype\s+(?!html)[^[>]*(?:\[[\s\S]*?\]\s*)?>/i
const SVG = /^<(?:[\w-]+:)?svg(?=[\s>/])/i

/** What a content is, by its first bytes; of what has no mark of its own whether it is text in UTF-8. */
export async function sniff(source: Source): Promise<KindName> {
  const head = await source.upTo(0, HEAD_BYTES)
  return byMark(head) ?? (await textual(source, head))
}

/** The same by the first bytes alone: undefined for text, and for all that has no mark. */
export async function markOf(blob: Blob): Promise<KindName | undefined> {
  return byMark(Buffer.from(await blob.slice(0, HEAD_BYTES).arrayBuffer()))
}

function byMark(head: Buffer): KindName | undefined {
  const at = (mark: string, offset = 0) => head.toString('latin1', offset, offset + mark.length) === mark
  if (at('\x89PNG\r\n\x1a\n')) return 'png'
  if (at('\xff\xd8\xff')) return 'jpeg'
  if (at('GIF87a') || at('GIF89a')) return 'gif'
  if (at('RIFF') && at('WEBP', 8)) return 'webp'
  if (at('RIFF') && at('WAVE', 8)) return 'wav'
  if (at('II*\0') || at('MM\0*')) return 'tiff'
  if (at('BM') && head.length >= 26 && head.readUInt32LE(6) === 0 && head.readUInt32LE(14) <= 124) return 'bmp'
  if (at('\0\0\x01\0') && head.length >= 22 && head[4]! + head[5]! > 0) return 'icon'
  if (at('\x1a\x45\xdf\xa3')) return head.includes('webm') ? 'webm' : 'mkv'
  if (at('OggS')) return 'ogg'
  if (at('fLaC')) return 'flac'
  if (at('%PDF-')) return 'pdf'
  if (at('PK\x03\x04') || at('PK\x05\x06')) return 'zip'
  if (at('ID3') || isMpegFrame(head)) return 'mp3'
  return byBox(head)
}

/** The formats that are made of boxes (ISO/IEC 14496-12) say by brands what they are. */
function byBox(head: Buffer): KindName | undefined {
  const type = head.toString('latin1', 4, 8)
  if (head.length >= 16 && (type === 'moov' || type === 'wide' || type === 'mdat')) return 'mov'
  if (type !== 'ftyp' || head.length < 16) return undefined
  const end = Math.min(head.length, head.readUInt32BE(0))
  const brands = [head.toString('latin1', 8, 12)]
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4))
  const has = (...wanted: string[]) => brands.some((brand) => wanted.includes(brand))
  if (has('avif', 'avis')) return 'avif'
  if (has('heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1')) return 'heic'
  if (brands[0] === 'qt  ') return 'mov'
  return brands[0]!.startsWith('M4A') || brands[0]!.startsWith('M4B') ? 'm4a' : 'mp4'
}

function isMpegFrame(head: Buffer): boolean {
  if (head.length < 4 || (head.readUInt16BE(0) & MPEG_SYNC) !== MPEG_SYNC) return false
  const [, second, third] = head
  const layer = (second! >> 1) & 3
  return (second! >> 3) % 4 !== 1 && layer === 1 && third! >> 4 !== 15 && third! >> 4 !== 0 && (third! >> 2) % 4 !== 3
}

async function textual(source: Source, head: Buffer): Promise<KindName> {
  if (!(await isText(source))) return 'other'
  return markup(head.toString('utf8').replace(/^\uFEFF/, ''))
}

function markup(text: string): KindName {
  let rest = text
  for (let next = ''; next !== rest; ) {
    next = rest
    rest = rest.replace(PROLOG, '')
  }
  const root = rest.replace(DOCTYPE, '').replace(/^(?:\s+|<!--[\s\S]*?-->)+/, '')
  if (SVG.test(root)) return 'svg'
  return PAGE.test(rest) || PAGE.test(root) ? 'html' : 'text'
}

/** Whether all of it is UTF-8 without NUL, a piece at a time: a character may lie over the edge of two. */
async function isText(source: Source): Promise<boolean> {
  let left: Buffer = Buffer.alloc(0)
  for (let at = 0; at < source.size; ) {
    const piece = await source.upTo(at, 65_536)
    at += piece.length
    const joined = left.length > 0 ? Buffer.concat([left, piece]) : piece
    const cut = at < source.size ? lastWhole(joined) : joined.length
    const whole = joined.subarray(0, cut)
    if (whole.includes(0) || !isUtf8(whole)) return false
    left = Buffer.from(joined.subarray(cut))
  }
  return true
}

/** Where the last character begins, as far as it could be cut off by the edge. */
function lastWhole(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++)
    if (bytes[bytes.length - back]! >= 0xc0) return bytes.length - back
  return bytes.length
}
