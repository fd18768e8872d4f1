import type { Reader } from '../../db/open.ts'

const HASH = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g

/** How a room says which contents it needs: what no room names is removed. */
export interface Names {
  /** Which of some hashes it names: for what has an index. */
  among?(read: Reader, hashes: string[]): Promise<string[]>
  /** Page by page, all texts in which it may name others, JSON as a rule: 64 hex digits anywhere in them are taken for a hash. */
  words?(read: Reader): AsyncIterable<string[]>
}

/** Those of some hashes that no room names by an index. */
export async function notIndexed(read: Reader, names: Names[], hashes: string[]): Promise<string[]> {
  let left = hashes
  for (const room of names) {
    if (!room.among || left.length === 0) continue
    const named = new Set(await room.among(read, left))
    left = left.filter((hash) => !named.has(hash))
  }
  return left
}

/** Those of some hashes that are in no room's words. All words are gone through, unless there is nothing to look for. */
export async function notInWords(
  read: Reader,
  names: Names[],
  hashes: string[],
  signal: AbortSignal,
): Promise<string[]> {
  const left = new Set(hashes)
  for (const room of names) {
    if (!room.words || left.size === 0) continue
    for await (const page of room.words(read)) {
      for (const text of page) for (const [hash] of text.matchAll(HASH)) left.delete(hash)
      await turn(signal)
    }
  }
  return [...left]
}

/** Lets the event loop go on: a read blocks the thread. */
export async function turn(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  signal.throwIfAborted()
}
