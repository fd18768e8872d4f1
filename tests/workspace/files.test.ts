import { expect, test } from 'bun:test'
import type { Edit } from '../../src/changes/changes.ts'
import { fileAt, fileRow, filesOf, readFileText } from '../../src/workspace/files.ts'
import { testWorkspace } from './support.ts'

const job = { id: 'j1', kind: 'write', attempt: 1, startedAt: 0 }

test('a file that is written can be read, listed, and is told', async () => {
  await using space = await testWorkspace()
  const change = await space.write('css/style.css', 'a{}', { by: 'job:j1', job })

  const file = await fileAt(space.read, 'p1', 'css/style.css')
  expect(file).toMatchObject({ project: 'p1', path: 'css/style.css', version: 1, bytes: 3, language: 'css' })
  expect(await readFileText(space, file)).toBe('a{}')
  expect((await filesOf(space.read, 'p1')).map(fileRow)).toEqual([
    {
      path: 'css/style.css',
      language: 'css',
      bytes: 3,
      version: 1,
      url: '/projects/p1/files/css/style.css',
      rawUrl: '/api/projects/p1/files/css/style.css',
    },
  ])
  expect(await space.told()).toMatchObject([
    {
      type: 'file.written',
      scope: 'p1',
      job: 'j1',
      kind: 'write',
      by: 'job:j1',
      data: { path: 'css/style.css', version: 1, bytes: 3, language: 'css' },
    },
    {
      type: 'change.applied',
      job: 'j1',
      data: { change: change.id, operations: [{ entity: 'file', id: 'css/style.css', version: 1 }] },
    },
  ])
})

test('the same content written again by the same job is one version and one event', async () => {
  await using space = await testWorkspace()
  const once = await space.write('a.txt', 'one', { by: 'job:j1', job })
  const told = (await space.told()).length
  const twice = await space.write('a.txt', 'one', { by: 'job:j1', job: { ...job, attempt: 2 }, baseVersion: 0 })

  expect(twice).toEqual(once)
  expect(await space.told()).toHaveLength(told)
  expect((await fileAt(space.read, 'p1', 'a.txt')).version).toBe(1)
})

test('each version stays, by its number', async () => {
  await using space = await testWorkspace()
  await space.write('a.txt', 'one')
  await space.write('a.txt', 'two', { baseVersion: 1 })

  expect(await readFileText(space, await fileAt(space.read, 'p1', 'a.txt'))).toBe('two')
  expect(await readFileText(space, await fileAt(space.read, 'p1', 'a.txt', 1))).toBe('one')
  await expect(fileAt(space.read, 'p1', 'a.txt', 3)).rejects.toMatchObject({ code: 'unknown_file' })
})

test('an edit of an older version is refused', async () => {
  await using space = await testWorkspace()
  await space.write('a.txt', 'one')
  await space.write('a.txt', 'two')
  await expect(space.write('a.txt', 'three', { baseVersion: 1 })).rejects.toMatchObject({ code: 'version_conflict' })
  expect((await fileAt(space.read, 'p1', 'a.txt')).version).toBe(2)
})

test('a deleted file is gone from the list, keeps its versions, and counts on when it comes back', async () => {
  await using space = await testWorkspace()
  await space.write('a.txt', 'one')
  const removal = await space.remove('a.txt')

  expect(await filesOf(space.read, 'p1')).toEqual([])
  await expect(fileAt(space.read, 'p1', 'a.txt')).rejects.toMatchObject({ code: 'unknown_file' })
  expect((await fileAt(space.read, 'p1', 'a.txt', 1)).bytes).toBe(3)
  await space.db.write((tx) => space.changes.undo(tx, removal.id, { by: 'person:ann' }))
  expect(await fileAt(space.read, 'p1', 'a.txt')).toMatchObject({ version: 3, bytes: 3 })
})

test("what undoes a job's file takes it away again", async () => {
  await using space = await testWorkspace()
  const change = await space.write('a.txt', 'one', { by: 'job:j1', job })
  await space.db.write((tx) => space.changes.undo(tx, change.id, { by: 'person:ann' }))
  expect(await filesOf(space.read, 'p1')).toEqual([])
})

test.each([
  ['Index.html', 'index.html'],
  ['INDEX.HTML', 'index.html'],
  ['css/Style.css', 'css/style.css'],
  ['straße.txt', 'STRASSE.txt'],
  ['css', 'css/style.css'],
  ['CSS', 'css/style.css'],
  ['css/style.css/more.txt', 'css/style.css'],
])('“%s” cannot stand beside “%s”', async (path, present) => {
  await using space = await testWorkspace()
  await space.write(present, 'x')
  await expect(space.write(path, 'y')).rejects.toMatchObject({ code: 'path_taken', context: { path, other: present } })
  expect((await filesOf(space.read, 'p1')).map((file) => file.path)).toEqual([present])
})

test('names that only look alike stand side by side, and in another project all are free', async () => {
  await using space = await testWorkspace()
  for (const path of ['css/a.css', 'css2/a.css', 'css.txt', 'cs']) await space.write(path, 'x')
  await space.write('CSS/A.css', 'x', { project: 'p2' })
  expect((await filesOf(space.read, 'p1')).map((file) => file.path)).toEqual([
    'cs',
    'css.txt',
    'css/a.css',
    'css2/a.css',
  ])
})

test('a place that a deleted file held is free', async () => {
  await using space = await testWorkspace()
  await space.write('readme', 'x')
  await space.remove('readme')
  await space.write('README', 'y')
  expect((await filesOf(space.read, 'p1')).map((file) => file.path)).toEqual(['README'])
})

test('a path that leaves the project is refused before anything is written', async () => {
  await using space = await testWorkspace()
  await expect(space.write('../x', 'y')).rejects.toMatchObject({ code: 'bad_path' })
  await expect(
    space.db.write((tx) =>
      space.changes.apply(tx, {
        scope: 'p1',
        by: 'system',
        reason: '',
        edits: [{ do: 'put', entity: 'file', id: '/etc/x', state: { hash: 'a'.repeat(64), bytes: 1 } }],
      }),
    ),
  ).rejects.toMatchObject({ code: 'bad_path' })
  expect(await space.told()).toEqual([])
})

test('two who edit other lines of one file at the same time both find their words in it', async () => {
  await using space = await testWorkspace()
  await space.write('a.md', 'one\ntwo\nthree\n')
  await space.write('a.md', 'ONE\ntwo\nthree\n', { baseVersion: 1 })
  await space.write('a.md', 'one\ntwo\nTHREE\n', { baseVersion: 1, by: 'person:bob' })
  expect(await readFileText(space, await fileAt(space.read, 'p1', 'a.md'))).toBe('ONE\ntwo\nTHREE\n')
  await expect(space.write('a.md', 'uno\ntwo\nthree\n', { baseVersion: 1 })).rejects.toMatchObject({
    code: 'version_conflict',
    contests: [{ disputes: [{ field: 'content' }] }],
  })
  expect(await readFileText(space, await fileAt(space.read, 'p1', 'a.md'))).toBe('ONE\ntwo\nTHREE\n')
})

test('contents that are no text are never merged', async () => {
  await using space = await testWorkspace()
  const bytes = (...last: number[]) => new Uint8Array([0, 10, 0, 10, ...last])
  await space.write('a.bin', bytes(1))
  await space.write('a.bin', bytes(2), { baseVersion: 1 })
  await expect(space.write('a.bin', new Uint8Array([9, 10, 0, 10, 1]), { baseVersion: 1 })).rejects.toMatchObject({
    code: 'version_conflict',
  })
})

test('thousands of files are deleted in about the time in which they were made', async () => {
  await using space = await testWorkspace()
  const state = await space.blobs.put('one')
  const paths = Array.from({ length: 4_000 }, (_, i) => `d${i % 50}/f${i}.txt`)
  const timed = async (edits: Edit[]) => {
    const began = performance.now()
    await space.db.write((tx) =>
      space.changes.apply(tx, { scope: 'p1', by: 'person:ann', reason: 'All at once', edits }),
    )
    return performance.now() - began
  }
  const made = await timed(paths.map((id) => ({ do: 'create', entity: 'file', id, state })))
  const deleted = await timed(paths.map((id) => ({ do: 'delete', entity: 'file', id })))
  expect(deleted / made).toBeLessThan(4)
  expect(await filesOf(space.read, 'p1')).toEqual([])
}, 60_000)
