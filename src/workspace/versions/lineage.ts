import { originsOf } from '../../files/blame.ts'
import type { Blobs } from '../../files/blobs.ts'
import { diffTexts, linesOf } from '../../files/diff/diff.ts'
import { openNumbering } from '../../files/diff/runs.ts'
import { textOf } from '../diff/side.ts'
import { contentOf, type FileVersion } from './versions.ts'

/** Longer versions are not compared for a list, in bytes. */
const MOST_COUNTED_BYTES = 500_000
/** Pairs of versions whose counts are kept. */
const KEPT_COUNTS = 5_000
/** Longer files are not told line by line. */
export const MOST_BLAMED_LINES = 20_000
/** Older versions are taken for one. */
const MOST_VERSIONS = 300
/** What is kept of who brought which line, in lines: 4 bytes each. */
const KEPT_LINES = 2_000_000

export interface LineCounts {
  added: number
  removed: number
}

/** What is known of a file's lines through its versions; what was found is kept, since a version never changes. */
export interface Lineage {
  /** How many lines each of the versions added and removed; nothing for one that is no text, or a long one. */
  counts(file: FileOf, versions: readonly FileVersion[], of: readonly FileVersion[]): Promise<Map<number, LineCounts>>
  /**
   * Of each line of a version, the version that first brought it; null when it is no text, or too long. What an undo brings
   * back, or a version that is equal to an older one, belongs to whoever wrote it in the first place.
   */
  blame(file: FileOf, versions: readonly FileVersion[], version: FileVersion): Promise<Blame | null>
}

export interface Blame {
  lines: string[]
  /** Of each line its version's number. */
  origins: Int32Array
  /** Lines of this version may be older: what was before it is not looked at. Null when all was. */
  since: number | null
}

export interface FileOf {
  project: string
  path: string
}

export function openLineage({ blobs }: { blobs: Blobs }): Lineage {
  const counts = new Map<string, LineCounts>()
  const blames = new Map<string, Int32Array>()
  return {
    async counts(file, versions, of) {
      const found = new Map<number, LineCounts>()
      for (const each of of) {
        const before = versions[versions.indexOf(each) - 1]
        const key = `${before?.hash} ${each.hash}`
        const counted = counts.get(key) ?? (await countLines(blobs, file, before, each))
        if (!counted) continue
        kept(counts, key, counted, KEPT_COUNTS, () => 1)
        found.set(each.version, counted)
      }
      return found
    },
    blame: (file, versions, version) => blame({ blobs, blames }, file, versions, version),
  }
}

async function countLines(
  blobs: Blobs,
  file: FileOf,
  before: FileVersion | undefined,
  after: FileVersion,
): Promise<LineCounts | undefined> {
  const texts: string[] = []
  for (const each of [before, after]) {
    const content = contentOf(file.project, file.path, each)
    if (content && content.bytes > MOST_COUNTED_BYTES) return undefined
    const text = content ? await textOf({ blobs }, content) : ''
    if (text === null) return undefined
    texts.push(text)
  }
  await Bun.sleep(0) // many of them must not keep the others waiting
  const { added, removed } = diffTexts(texts[0]!, texts[1]!)
  return { added, removed }
}

interface BlameDeps {
  blobs: Blobs
  blames: Map<string, Int32Array>
}

async function blame(
  { blobs, blames }: BlameDeps,
  file: FileOf,
  all: readonly FileVersion[],
  wanted: FileVersion,
): Promise<Blame | null> {
  const read = async (each: FileVersion) => {
    const content = contentOf(file.project, file.path, each)
    const text = content && (await textOf({ blobs }, content))
    return text === null ? null : linesOf(text)
  }
  const lines = await read(wanted)
  if (!lines || lines.length > MOST_BLAMED_LINES) return null
  const versions = all.filter(({ hash, version }) => hash !== null && version <= wanted.version)
  const since = versions.length > MOST_VERSIONS ? versions.at(-MOST_VERSIONS)!.version : null
  const recent = versions.slice(-MOST_VERSIONS)
  const keyOf = ({ version, hash }: FileVersion) => `${file.project} ${file.path} ${version} ${hash} ${since}`
  const numbering = openNumbering()
  const numbered = new Map<number, Int32Array>()
  const numbersOf = async (each: FileVersion) => {
    const known = numbered.get(each.version) ?? numbering((await read(each)) ?? [])
    numbered.set(each.version, known)
    return known
  }
  const origins = new Map<number, Int32Array>()
  for (const each of reached(recent, wanted, (version) => blames.has(keyOf(version)))) {
    const key = keyOf(each)
    const known = blames.get(key)
    if (known) {
      origins.set(each.version, known)
      continue
    }
    const parents = []
    for (const parent of parentsOf(recent, each))
      parents.push({ lines: await numbersOf(parent), origins: origins.get(parent.version)! })
    origins.set(each.version, originsOf(await numbersOf(each), parents, each.version))
    await Bun.sleep(0) // a long history must not keep the others waiting
  }
  const found = origins.get(wanted.version)!
  kept(blames, keyOf(wanted), found, KEPT_LINES, ({ length }) => length + 100)
  return { lines, origins: found, since }
}

/** The versions that a blame needs, the oldest first: the ancestors of one, as far as nothing is known of them. */
function reached(
  versions: readonly FileVersion[],
  from: FileVersion,
  isKnown: (each: FileVersion) => boolean,
): FileVersion[] {
  const needed = new Set<FileVersion>()
  const open = [from]
  for (let each = open.pop(); each; each = open.pop()) {
    if (needed.has(each)) continue
    needed.add(each)
    if (!isKnown(each)) open.push(...parentsOf(versions, each))
  }
  return [...needed].sort((a, b) => a.version - b.version)
}

/**
 * Where a version may have its lines from: an older one that is the same, the one before it, and, of an undo, those before
 * the changes that it took back.
 */
function parentsOf(versions: readonly FileVersion[], each: FileVersion): FileVersion[] {
  const at = versions.indexOf(each)
  const same = versions.slice(0, at).find(({ hash }) => hash === each.hash)
  const undone = versions.flatMap(({ change }, place) =>
    each.undoes.includes(change) && place < at ? [versions[place - 1]] : [],
  )
  return [...new Set([same, versions[at - 1], ...undone])].filter((parent) => parent !== undefined)
}

/** Keeps a value under its key; of what weighs too much together, the least recently kept goes first. */
function kept<Value>(
  map: Map<string, Value>,
  key: string,
  value: Value,
  most: number,
  weigh: (value: Value) => number,
): void {
  map.delete(key)
  map.set(key, value)
  let weight = 0
  for (const each of map.values()) weight += weigh(each)
  for (const [oldest, each] of map) {
    if (weight <= most) return
    map.delete(oldest)
    weight -= weigh(each)
  }
}
