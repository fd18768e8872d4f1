/** Longest line that is read as one. */
const MOST = 4_096
const NEWLINE = 10

/** A stream that begins with lines of text and may go on as bytes. */
export function lineByLine(stream: AsyncIterable<Uint8Array>) {
  const source = stream[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  const more = async () => {
    const { done, value } = await source.next()
    if (!done) held = held.length ? Buffer.concat([held, value]) : value
    return !done
  }
  const rest = async function* () {
    const first = held
    held = new Uint8Array(0)
    if (first.length) yield first
    for (;;) {
      const { done, value } = await source.next()
      if (done) return
      yield value
    }
  }
  return {
    /** The next line; undefined when there is none, or none of a fair length. */
    async line(): Promise<string | undefined> {
      for (;;) {
        const at = held.indexOf(NEWLINE)
        if (at >= 0) {
          const text = Buffer.from(held.subarray(0, at)).toString('utf8')
          held = held.subarray(at + 1)
          return text
        }
        if (held.length > MOST || !(await more())) return undefined
      }
    },
    rest,
    /** Reads on to the end, for nobody. */
    async drain(): Promise<void> {
      for await (const _ of rest());
    },
  }
}
