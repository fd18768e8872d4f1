const XMP_HEAD = 'http://ns.adobe.com/xap/1.0/\0'
/** What one segment holds besides its length. */
const MOST_BYTES = 65_533
const [SOI, APP0, APP1] = [0xffd8, 0xffe0, 0xffe1]

/** A JPEG with an XMP packet behind its first segments (JFIF, Exif); null when it is none, or the packet is too long for one. */
export function jpegWith(jpeg: Uint8Array, xmp: string): Buffer | null {
  const data = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  const body = Buffer.concat([Buffer.from(XMP_HEAD, 'latin1'), Buffer.from(xmp, 'utf8')])
  if (data.length < 4 || data.readUInt16BE(0) !== SOI || body.length > MOST_BYTES) return null
  let at = 2
  while (at + 4 <= data.length && [APP0, APP1].includes(data.readUInt16BE(at))) at += 2 + data.readUInt16BE(at + 2)
  if (at + 2 > data.length) return null
  const head = Buffer.alloc(4)
  head.writeUInt16BE(APP1, 0)
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([data.subarray(0, at), head, body, data.subarray(at)])
}
