import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { changeById, changesOf } from '../../src/changes/history.ts'
import { type Note, notebook } from './support.ts'

test('a change keeps what was and what is, and says so in the log', async () => {
  await using book = await notebook()
  const made = await book.set('n', { text: 'one' }, 0)
  const edited = await book.set('n', { text: 'two', tags: ['x'] }, 1)

  expect(made).toMatchObject({ baseVersion: 0, version: 1, before: null, after: { text: 'one' }, by: 'person:ann' })
  expect(edited).toMatchObject({
    baseVersion: 1,
    version: 2,
    before: { text: 'one' },
    after: { text: 'two', tags: ['x'] },
  })
  expect(await book.get('n')).toMatchObject({ version: 2, state: { text: 'two', tags: ['x'] } })
  expect(await changeById(book.db.read, edited.id)).toEqual(edited)
  expect(await book.told()).toMatchObject([
    {
      type: 'change.applied',
      scope: 'p1',
      by: 'person:ann',
      data: { change: made.id, entity: 'note', id: 'n', version: 1 },
    },
    { type: 'change.applied', data: { change: edited.id, version: 2 } },
  ])
})

test("a job's change belongs to the job's stream", async () => {
  await using book = await notebook()
  const job = { id: 'j1', kind: 'write', attempt: 2, startedAt: Date.now() }
  const change = await book.db.write((tx) =>
    book.changes.apply(tx, { scope: 'p1', entity: 'note', id: 'n', after: { text: 'x' }, by: 'job:j1', job }),
  )
  expect(change.job).toBe('j1')
  expect(await book.told()).toMatchObject([{ job: 'j1', kind: 'write', attempt: 2, by: 'job:j1' }])
})

test.each([
  ['an older version', 1, 2],
  ['a version that never was', 9, 2],
  ['a thing that must not exist', 0, 2],
])('an edit based on %s is refused and changes nothing', async (_what, expected, actual) => {
  await using book = await notebook()
  await book.set('n', { text: 'one' })
  await book.set('n', { text: 'two' })

  await expect(book.set('n', { text: 'three' }, expected)).rejects.toMatchObject({
    code: 'version_conflict',
    context: { entity: 'note', id: 'n', expected, actual },
  })
  expect(await book.get('n')).toMatchObject({ version: 2, state: { text: 'two' } })
  expect(await changesOf(book.db.read, 'p1')).toHaveLength(2)
})

test('of two edits of the same version at the same moment, one wins', async () => {
  await using book = await notebook()
  await book.set('n', { text: 'one' })
  const ends = await Promise.allSettled([book.set('n', { text: 'a' }, 1), book.set('n', { text: 'b' }, 1)])
  expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'rejected'])
  expect(await book.get('n')).toMatchObject({ version: 2, state: { text: 'a' } })
})

test('an edit to what is there already is the change that made it so, and no new one', async () => {
  await using book = await notebook()
  const first = await book.set('n', { text: 'one', tags: [] }, 0)
  const again = await book.set('n', { tags: [], text: 'one' }, 0)
  expect(again).toEqual(first)
  expect(await book.told()).toHaveLength(1)
})

test('what is deleted and made again goes on counting', async () => {
  await using book = await notebook()
  await book.set('n', { text: 'one' })
  const gone = await book.set('n', null, 1)
  expect(gone).toMatchObject({ version: 2, after: null })
  expect(await book.get('n')).toBeNull()
  expect(await book.set('n', null)).toEqual(gone)

  const back = await book.set('n', { text: 'again' }, 0)
  expect(back).toMatchObject({ baseVersion: 2, version: 3, before: null })
  expect(await book.get('n')).toMatchObject({ version: 3 })
})

test('what was never there cannot be deleted', async () => {
  await using book = await notebook()
  await expect(book.set('n', null)).rejects.toMatchObject({ code: 'unknown_note' })
  expect(await book.told()).toEqual([])
})

test("what the entity's room refuses leaves no change behind", async () => {
  await using book = await notebook()
  await expect(book.set('n', { text: 'refused' })).rejects.toThrow('refuses')
  expect(await changesOf(book.db.read, 'p1')).toEqual([])
  expect(await book.told()).toEqual([])
})

test('an undo brings back what was, as a new version that can itself be undone', async () => {
  await using book = await notebook()
  await book.set('n', { text: 'one' })
  const edited = await book.set('n', { text: 'two' })

  const undone = await book.undo(edited)
  expect(undone).toMatchObject({ undoes: edited.id, version: 3, after: { text: 'one' }, by: 'person:bob' })
  expect(await changeById(book.db.read, edited.id)).toMatchObject({ undoneBy: undone.id })
  expect(await book.get('n')).toMatchObject({ version: 3, state: { text: 'one' } })
  expect((await book.told()).at(-1)).toMatchObject({
    type: 'change.undone',
    by: 'person:bob',
    data: { change: undone.id, undoes: edited.id, entity: 'note', id: 'n', version: 3 },
  })

  await book.undo(undone)
  expect(await book.get('n')).toMatchObject({ version: 4, state: { text: 'two' } })
})

test('the undo of a making removes, the undo of a deletion brings back', async () => {
  await using book = await notebook()
  const unmade = await book.undo(await book.set('n', { text: 'one' }))
  expect(await book.get('n')).toBeNull()
  await book.undo(unmade)
  await book.undo(await book.set('n', null))
  expect(await book.get('n')).toMatchObject({ version: 5, state: { text: 'one' } })
})

test('a change is undone once', async () => {
  await using book = await notebook()
  const change = await book.set('n', { text: 'one' })
  const undone = await book.undo(change)
  await expect(book.undo(change)).rejects.toMatchObject({ code: 'already_undone', context: { undoneBy: undone.id } })
})

test('a change that others were built on is not undone', async () => {
  await using book = await notebook()
  const first = await book.set('n', { text: 'one' })
  const second = await book.set('n', { text: 'two' })
  await expect(book.undo(first)).rejects.toMatchObject({
    code: 'changed_since',
    context: { expected: 1, actual: 2, last: second.id },
  })
  expect(await book.get('n')).toMatchObject({ state: { text: 'two' } })
})

test('changes are undone one after the other, the newest first, and brought back in turn', async () => {
  await using book = await notebook()
  const made = await book.set('n', { text: 'one' })
  const second = await book.set('n', { text: 'two' })
  const third = await book.set('n', { text: 'three' })

  await book.undo(third)
  await book.undo(second)
  expect(await book.get('n')).toMatchObject({ version: 5, state: { text: 'one' } })
  const unmade = await book.undo(made)
  expect(await book.get('n')).toBeNull()
  await book.undo(unmade)
  expect(await book.get('n')).toMatchObject({ version: 7, state: { text: 'one' } })
})

test('an undo of an older change does not take a newer one with it, undone or redone', async () => {
  await using book = await notebook()
  const made = await book.set('n', { text: 'one' })
  const undone = await book.undo(await book.set('n', { text: 'two' }))
  await book.undo(undone)
  await expect(book.undo(made)).rejects.toMatchObject({ code: 'changed_since' })
  expect(await book.get('n')).toMatchObject({ state: { text: 'two' } })
})

test('an unknown change is not found', async () => {
  await using book = await notebook()
  await expect(book.undo({ id: 'nope' })).rejects.toMatchObject({ code: 'unknown_change' })
})

test("a project's changes come newest first, page by page, and no other project's", async () => {
  await using book = await notebook()
  for (const text of ['a', 'b', 'c', 'd', 'e']) await book.set(text, { text })
  await book.db.write((tx) =>
    book.changes.apply(tx, { scope: 'p2', entity: 'note', id: 'a', after: { text: 'other' }, by: 'system' }),
  )
  const first = await changesOf(book.db.read, 'p1', { limit: 3 })
  const rest = await changesOf(book.db.read, 'p1', { limit: 3, before: first.at(-1)!.id })
  expect([...first, ...rest].map((change) => change.entityId)).toEqual(['e', 'd', 'c', 'b', 'a'])
})

const step = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    id: fc.constantFrom('a', 'b'),
    text: fc.constantFrom('x', 'y', 'z', null),
  }),
  fc.record({ do: fc.constant('undo' as const), nth: fc.nat(20) }),
)

test('whatever is edited and undone, versions only rise and the history tells the present', async () => {
  await using book = await notebook()
  let scope = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const project = `run${scope++}`
      const made: string[] = []
      for (const one of steps) {
        const change = await book.db
          .write((tx) =>
            one.do === 'undo'
              ? book.changes.undo(tx, made[one.nth % Math.max(1, made.length)] ?? 'none', 'person:a')
              : book.changes.apply<Note>(tx, {
                  scope: project,
                  entity: 'note',
                  id: one.id,
                  after: one.text === null ? null : { text: one.text },
                  by: 'person:a',
                }),
          )
          .catch(() => null)
        if (change) made.push(change.id)
      }
      const all = (await changesOf(book.db.read, project)).reverse()
      for (const id of ['a', 'b']) {
        const mine = all.filter((change) => change.entityId === id)
        expect(mine.map((change) => change.version)).toEqual(mine.map((_, i) => i + 1))
        expect(mine.slice(1).map((change) => change.before)).toEqual(mine.slice(0, -1).map((change) => change.after))
        const [now] = await book.db.write((tx) => readNote(tx, project, id))
        expect(now ?? null).toEqual((mine.at(-1)?.after as Note | null) ?? null)
      }
    }),
    { numRuns: 40 },
  )

  async function readNote(tx: Parameters<Parameters<typeof book.db.write>[0]>[0], project: string, id: string) {
    const rows = await tx.all<{ state: string }>(`SELECT state FROM notes WHERE scope = '${project}' AND id = '${id}'`)
    return rows.map((row) => JSON.parse(row.state) as Note)
  }
})
