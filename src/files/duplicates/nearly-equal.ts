import { posix } from 'node:path'
import { kindOf, languageOf } from '../languages.ts'
import { likeness, type Signature, signatureOf } from './signature.ts'

/** From here on a text is as good as another. */
export const NEARLY = 0.95
/** From here on it is worth a word. */
export const ALIKE = 0.85
/** A text of fewer shingles has no choice but to look like others. */
const FEWEST = 80
/** Texts of which one is so many times as long as the other are not alike, in bytes. */
const LONGER = 1.6
/** Signatures that are kept in memory: some 20 MB. */
const CACHED = 20_000
/** For so long, in ms, other work waits. */
const SLICE_MS = 20

/** Its form is given, or it is what others are made of. */
const DATA = new Set(
  'json jsonc json5 jsonl yaml toml ini csv svg xml vtt diff text markdown graphql sql xhtml dockerfile makefile'.split(
    ' ',
  ),
)

export interface Twin {
  path: string
  /** The share of it that they have in common, 0 to 1. */
  likeness: number
}

export interface KeptFile {
  path: string
  hash: string
  bytes: number
}

/** Finds the file that a text nearly equals. */
export interface Twins {
  /** The file most like it, from `ALIKE` on; undefined when there is none, or when the text is too small or data. */
  nearest(
    path: string,
    text: string,
    files: KeptFile[],
    read: (file: KeptFile) => Promise<string>,
  ): Promise<Twin | undefined>
}

/** Opens a finder with a memory of its own: what has been read once is compared without reading it again. */
export function openTwins(): Twins {
  const kept = new Map<string, Signature>()
  const keep = ({ hash, path }: KeptFile, text: string) => {
    const signature = signatureOf(path, text)
    kept.set(hash, signature)
    if (kept.size > CACHED) kept.delete(kept.keys().next().value!)
    return signature
  }
  return {
    async nearest(path, text, files, read) {
      const own = mayBeCopy(path) ? signatureOf(path, text) : undefined
      if (!own || own.count < FEWEST) return undefined
      let best: Twin | undefined
      let since = performance.now()
      const bytes = Buffer.byteLength(text)
      for (const file of files) {
        if (file.bytes > bytes * LONGER || bytes > file.bytes * LONGER) continue
        const other = kept.get(file.hash) ?? (isComparable(path, file) ? keep(file, await read(file)) : undefined)
        const share = other ? likeness(own, other, Math.max(ALIKE, best?.likeness ?? 0)) : 0
        if (share >= ALIKE && share > (best?.likeness ?? 0) && isComparable(path, file))
          best = { path: file.path, likeness: share }
        if (performance.now() - since < SLICE_MS) continue
        await Bun.sleep(0)
        since = performance.now()
      }
      return best
    },
  }
}

function mayBeCopy(path: string): boolean {
  return kindOf(path) === 'text' && !DATA.has(languageOf(path))
}

/** Files whose names say that they may be alike are no copies: the same name in two folders, one stem with two endings. */
function isComparable(path: string, file: KeptFile): boolean {
  return file.path !== path && languageOf(file.path) === languageOf(path) && stemOf(file.path) !== stemOf(path)
}

export function stemOf(path: string): string {
  return posix
    .basename(path)
    .replace(/(?!^)\..*$/, '')
    .toLowerCase()
}
