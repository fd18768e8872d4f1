/** Characters of output that an outcome carries. */
const TAIL = 64 * 1024

export type OnOutput = (text: string, stream: 'stdout' | 'stderr') => void

/** What two streams say, as text and in the order in which it comes; bytes that are no UTF-8 are replaced. */
export function openHearing(most: number, onOutput: OnOutput | undefined, tooMuch: () => void) {
  let bytes = 0
  let tail = ''
  const say = (text: string, stream: 'stdout' | 'stderr') => {
    if (!text) return
    tail = (tail + text).slice(-TAIL)
    onOutput?.(text, stream)
  }
  const hear = async (from: AsyncIterable<Uint8Array>, stream: 'stdout' | 'stderr') => {
    const decoder = new TextDecoder()
    for await (const chunk of from) {
      const room = most - bytes
      bytes += chunk.byteLength
      if (room > 0) say(decoder.decode(chunk.subarray(0, room), { stream: true }), stream)
      if (bytes > most) return tooMuch()
    }
    say(decoder.decode(), stream)
  }
  return { hear, bytes: () => bytes, tail: () => tail.toWellFormed() }
}
