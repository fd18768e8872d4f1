const NEWLINE = 10

/** Splits a byte stream into lines. A line over `limit` bytes comes as null, and its rest is dropped. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<string | null> {
  let held: Uint8Array[] = []
  let size = 0
  const taken = () => {
    const line = size > limit ? null : Buffer.concat(held).toString('utf8')
    held = []
    size = 0
    return line
  }
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(NEWLINE, from)
      const part = chunk.subarray(from, end < 0 ? chunk.length : end)
      size += part.length
      if (size <= limit) held.push(part)
      else held = []
      from += part.length + 1
      if (end >= 0) yield taken()
    }
  }
  if (size > 0) yield taken()
}
