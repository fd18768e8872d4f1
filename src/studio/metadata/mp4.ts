/** The box of an XMP packet, as XMP's own specification (part 3) names it. */
const XMP_UUID = Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex')
/** A film has a handful of boxes at its top, unless it was cut into fragments. */
const MOST_BOXES = 10_000

/** An MP4 with an XMP packet in a box at its end; null when it is none, or its last box is open towards the end. */
export function mp4With(mp4: Uint8Array, xmp: string): Buffer | null {
  const data = Buffer.from(mp4.buffer, mp4.byteOffset, mp4.byteLength)
  if (data.length < 12 || data.toString('latin1', 4, 8) !== 'ftyp' || !endsWithItsBoxes(data)) return null
  const text = Buffer.from(xmp, 'utf8')
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + XMP_UUID.length + text.length, 0)
  head.write('uuid', 4, 'latin1')
  return Buffer.concat([data, head, XMP_UUID, text])
}

function endsWithItsBoxes(data: Buffer): boolean {
  let at = 0
  for (let boxes = 0; at < data.length && boxes < MOST_BOXES; boxes++) {
    if (at + 16 > data.length) return at + 8 === data.length && data.readUInt32BE(at) === 8
    const size = data.readUInt32BE(at)
    const length = size === 1 ? Number(data.readBigUInt64BE(at + 8)) : size
    if (length < 8) return false
    at += length
  }
  return at === data.length
}
