import { posix } from 'node:path'
import type { Name } from './names.ts'

/** Words of texts that are kept in memory: four bytes each. */
const MOST_WORDS = 4_000_000

/** The words of a text as sorted hashes: whatever it does not hold, it can't refer to. */
export type Words = Uint32Array

/** Which texts may refer to what. */
export interface Mentions {
  /** The words of a content that was read before. */
  known(hash: string): Words | undefined
  keep(hash: string, text: string): Words
}

/** Keeps the words of contents by their hashes; those that were asked for last stay longest. */
export function openMentions(most = MOST_WORDS): Mentions {
  const kept = new Map<string, Words>()
  let total = 0
  const keep = (hash: string, words: Words) => {
    kept.delete(hash)
    kept.set(hash, words)
    return words
  }
  return {
    known(hash) {
      const words = kept.get(hash)
      return words && keep(hash, words)
    },
    keep(hash, text) {
      total -= kept.get(hash)?.length ?? 0
      const words = keep(hash, wordsOf(text))
      total += words.length
      for (const [oldest, { length }] of kept) {
        if (total <= most || oldest === hash) break
        kept.delete(oldest)
        total -= length
      }
      return words
    },
  }
}

/** Whether a text with these words may refer to something of which every word in `trace` must be named. */
export function mayMention(words: Words, trace: Words): boolean {
  return trace.every((word) => holds(words, word))
}

/** The words without which nobody refers to a name of the file `path`. */
export function traceOf({ kind, name }: Pick<Name, 'kind' | 'name'>, path: string): Words {
  if (kind === 'export' && name === 'default') return traceOfFile(path)
  if (kind !== 'route') return wordsOf(name)
  const fixed = name.split(/[:<{*]/)[0]!
  return wordsOf(fixed === name ? name : fixed.slice(0, fixed.lastIndexOf('/'))) // what touches a parameter is half a word
}

/** The words without which nobody refers to a file: none where its name may be left out. */
export function traceOfFile(path: string): Words {
  const stem = posix.basename(path).replace(/(?!^)\..*$/, '')
  if (/^(?:index|__init__|mod|main)$/i.test(stem)) return wordsOf('')
  return wordsOf(/^[\w.-]*$/.test(stem) ? stem : /^\w*/.exec(stem)![0]) // the rest of it may be percent-encoded
}

/** Letters, digits and _ of ASCII: whatever else a name holds parts it in the same way as a text that has it. */
export function wordsOf(text: string): Words {
  const found = new Set<number>()
  let hash = 0
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0
    if (code < 128 && IS_WORD[code] === 1) hash = Math.imul((hash || 0x811c9dc5) ^ code, 0x01000193)
    else if (hash !== 0) {
      found.add(hash >>> 0)
      hash = 0
    }
  }
  return Uint32Array.from(found).sort()
}

const IS_WORD = Uint8Array.from({ length: 128 }, (_, code) => (/\w/.test(String.fromCharCode(code)) ? 1 : 0))

function holds(words: Words, word: number): boolean {
  let [low, high] = [0, words.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (words[middle]! < word) low = middle + 1
    else high = middle
  }
  return words[low] === word
}
