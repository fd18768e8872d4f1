import { expect, test } from 'bun:test'
import { compress } from '../../../src/files/blobs/zstd.ts'
import { keep } from './kept.ts'
import { edited, moduleOf, randomFrom } from './program.ts'

test('files that are changed 20 times each take up less than their contents compressed one by one', async () => {
  const { database, compressed, contents, versions, tables } = await keep({ files: 40, changes: 20, deltas: true })
  expect(versions).toBe(840)
  expect(contents / compressed).toBeGreaterThan(2)
  expect(database / compressed).toBeLessThan(0.8)
  expect(tables.texts! / compressed).toBeLessThan(0.35)
}, 60_000)

test('the files are of the size and density of source code, and the same on every run', async () => {
  const random = randomFrom(1)
  const first = moduleOf(random, 10_000)
  const text = first.lines.join('\n')
  expect(text.length).toBeGreaterThan(9_900)
  expect(text.length).toBeLessThan(11_500)
  const density = text.length / (await compress(Buffer.from(text))).byteLength
  expect(density).toBeGreaterThan(2.4)
  expect(density).toBeLessThan(3.5)
  expect(moduleOf(randomFrom(1), 10_000)).toEqual(first)
  const changes = Array.from({ length: 200 }, () => edited(random, first).lines.join('\n'))
  expect(changes.filter((changed) => changed !== text).length).toBeGreaterThan(190)
})
