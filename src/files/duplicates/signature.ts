import { languageOf } from '../languages.ts'
import { rangesIn } from '../scan/ranges.ts'
import { SYNTAXES } from '../scan/syntax.ts'

/** Tokens that make one shingle. */
const SHINGLE = 5
/** Smallest hashes that are kept of a text. */
const KEPT = 256
/** Longest text that is looked at, in characters. */
const LONGEST = 1_000_000

/** What is kept of a text to compare it: `sketch` is sorted and holds no value twice. */
export interface Signature {
  sketch: Uint32Array
  /** How many different shingles the text has. */
  count: number
}

/** More than any hash. */
const END = 0x7fffffff
/** After so many of the smallest values, two texts with less than this share of what is wanted are not alike: one in ten million is. */
const GLANCE = 24
const HOPELESS = 0.4

const TOKEN = /[\p{L}_$][\p{L}\p{N}_$]*|\p{N}+|[^\s\p{L}\p{N}]/gu

/**
 * MinHash in the form of one hash function and its smallest values (a bottom-k sketch): A. Z. Broder, “On the resemblance and
 * containment of documents”, 1997, section 4. One hash a shingle instead of hundreds, exact for texts of up to 256 shingles,
 * and unlike SimHash it estimates the share of shingles that two texts have in common, which can be told to a person.
 * Comments, spaces and ends of lines count for nothing.
 */
export function signatureOf(path: string, text: string): Signature {
  const tokens = hashesOf(withoutComments(path, text.slice(0, LONGEST)))
  const shingles = new Set<number>()
  for (let at = 0; at + SHINGLE <= tokens.length; at++) {
    let hash = 0x811c9dc5
    for (let i = 0; i < SHINGLE; i++) hash = Math.imul(hash ^ tokens[at + i]!, 0x01000193) + i
    shingles.add(mixed(hash))
  }
  const sketch = Uint32Array.from(shingles).sort().slice(0, KEPT)
  return { sketch, count: shingles.size }
}

/**
 * The share of shingles that two texts have in common, 0 to 1; the error is about 0.02 where it is near 0.9. Where it is
 * surely less than `least`, it is 0: that is soon seen.
 */
export function likeness(a: Signature, b: Signature, least = 0): number {
  if (Math.min(a.count, b.count) < least * Math.max(a.count, b.count)) return 0
  const most = a.count <= KEPT && b.count <= KEPT ? a.count + b.count : KEPT
  const [left, right] = [a.sketch, b.sketch]
  let looked = 0
  let common = 0
  for (let i = 0, j = 0; looked < most && (i < left.length || j < right.length); looked++) {
    const one = i < left.length ? left[i]! : END
    const other = j < right.length ? right[j]! : END
    if (one === other) common++
    if (one <= other) i++
    if (other <= one) j++
    if (looked === GLANCE && common < least * GLANCE * HOPELESS) return 0
  }
  return looked === 0 ? 0 : common / looked
}

function hashesOf(text: string): number[] {
  const hashes: number[] = []
  for (const [token] of text.matchAll(TOKEN)) {
    let hash = 0x811c9dc5
    for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193)
    hashes.push(hash >>> 0)
  }
  return hashes
}

/** The last step of MurmurHash3: what is near in one is far in the other. */
function mixed(hash: number): number {
  let value = hash ^ (hash >>> 16)
  value = Math.imul(value, 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return ((value ^ (value >>> 16)) >>> 0) >>> 2 // small enough to be an integer for the engine: three times as fast to compare
}

function withoutComments(path: string, text: string): string {
  const { comments } = rangesIn(text, SYNTAXES[languageOf(path)])
  let kept = ''
  let at = 0
  for (const [from, to] of comments) {
    kept += `${text.slice(at, from)} `
    at = to
  }
  return kept + text.slice(at)
}
