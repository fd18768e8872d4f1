import { expect, test } from 'bun:test'
import type { Blobs } from '../../../src/files/blobs.ts'
import { MOST_BLAMED_LINES, openLineage } from '../../../src/workspace/versions/lineage.ts'
import type { FileVersion } from '../../../src/workspace/versions/versions.ts'

const FILE = { project: 'p', path: 'a.txt' }

/** A file's versions, each by its text, and of an undo what it took back; what was read of them is counted. */
function file(texts: (string | null)[], undoes: Record<number, number> = {}) {
  const read: string[] = []
  const versions = texts.map(
    (text, at): FileVersion => ({
      version: at + 1,
      kind: 'update',
      hash: text === null ? null : Bun.hash(text).toString(),
      bytes: text?.length ?? null,
      change: `c${at + 1}`,
      by: 'system',
      who: 'Hearth',
      reason: '',
      job: null,
      model: null,
      at,
      undoes: undoes[at + 1] ? [`c${undoes[at + 1]}`] : [],
      undoneBy: null,
    }),
  )
  const blobs = {
    read: async (hash: string) => {
      read.push(hash)
      return new TextEncoder().encode(texts[versions.findIndex((each) => each.hash === hash)]!)
    },
  } as unknown as Blobs
  return { versions, read, lineage: openLineage({ blobs }) }
}

const blamed = async ({ versions, lineage }: ReturnType<typeof file>) => {
  const blame = await lineage.blame(FILE, versions, versions.at(-1)!)
  return blame && [...blame.origins]
}

test('what an undo brings back belongs to who wrote it first, and what was written since stays theirs', async () => {
  expect(await blamed(file(['a\nb\nc\n', 'a\nc\n', 'a\nc\nd\n', 'a\nb\nc\nd\n'], { 4: 2 }))).toEqual([1, 1, 1, 3])
})

test('a version equal to an older one has all its lines from there, also after a removal', async () => {
  expect(await blamed(file(['a\nb\n', 'x\n', null, 'a\nb\n']))).toEqual([1, 1])
})

test('without either, a line that comes again is new', async () => {
  expect(await blamed(file(['a\nb\n', 'a\n', 'a\nb\nc\n']))).toEqual([1, 3, 3])
})

test('of a very long history the last 300 versions are looked at, and it is said', async () => {
  const { versions, lineage } = file(Array.from({ length: 305 }, (_, at) => `first\n${at}\n`))
  const blame = await lineage.blame(FILE, versions, versions.at(-1)!)
  expect([blame!.since, ...blame!.origins]).toEqual([6, 6, 305])
})

test('what was found is kept: a later version needs no older one but the last that was looked at', async () => {
  const { versions, lineage, read } = file(['a\n', 'a\nb\n', 'a\nb\nc\n', 'a\nb\nc\nd\n'])
  await lineage.blame(FILE, versions, versions[2]!)
  read.length = 0
  const blame = await lineage.blame(FILE, versions, versions[3]!)
  expect([...blame!.origins]).toEqual([1, 2, 3, 4])
  expect(new Set(read)).toEqual(new Set([versions[2]!.hash!, versions[3]!.hash!]))
})

test('a file that is too long, or no text, is not told', async () => {
  expect(await blamed(file(['\n'.repeat(MOST_BLAMED_LINES + 1)]))).toBeNull()
  expect(await blamed(file(['a\0b']))).toBeNull()
})

test('while a long history is gone through, the server goes on', async () => {
  const lines = Array.from({ length: 5_000 }, (_, at) => `line ${at}\n`)
  const { versions, lineage } = file(Array.from({ length: 30 }, (_, at) => lines.with(at * 10, `new ${at}\n`).join('')))
  let ticks = 0
  const ticking = setInterval(() => ticks++, 1)
  await lineage.blame(FILE, versions, versions.at(-1)!)
  const during = ticks
  await lineage.counts(FILE, versions, versions)
  clearInterval(ticking)
  expect(during).toBeGreaterThan(10)
  expect(ticks - during).toBeGreaterThan(10)
})
