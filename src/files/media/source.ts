/** Bytes that are fetched at once: what a header needs is mostly in one piece. */
const WINDOW = 65_536

/** A file that is looked at here and there, and is never in memory as a whole. */
export interface Source {
  size: number
  /** The bytes at a place, all of them. @throws MediaFault `damaged` where the file ends before */
  bytes(at: number, length: number): Promise<Buffer>
  /** As many as there are, up to a length. */
  upTo(at: number, length: number): Promise<Buffer>
}

/** Why a file is not what it begins as: it is not whole, or it would grow beyond what it says of itself. */
export class MediaFault extends Error {
  constructor(readonly fault: 'damaged' | 'bomb') {
    super(fault)
  }
}

export function damaged(): MediaFault {
  return new MediaFault('damaged')
}

export function sourceOf(blob: Blob): Source {
  let start = 0
  let held: Buffer = Buffer.alloc(0)

  async function upTo(at: number, length: number): Promise<Buffer> {
    const end = Math.min(blob.size, at + length)
    if (at < start || end > start + held.length) {
      start = at
      held = Buffer.from(await blob.slice(at, Math.max(end, at + WINDOW)).arrayBuffer())
    }
    return held.subarray(at - start, Math.max(at, end) - start)
  }

  return {
    size: blob.size,
    upTo,
    async bytes(at, length) {
      const found = at >= 0 ? await upTo(at, length) : held.subarray(0, 0)
      if (found.length < length) throw damaged()
      return found
    },
  }
}
