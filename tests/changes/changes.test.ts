import { describe, expect, test } from 'bun:test'
import { changeById, changesOf } from '../../src/changes/history.ts'
import { notebook } from './support.ts'

test('a change keeps who, why, what was and what is, and says so in the log', async () => {
  await using book = await notebook()
  const made = await book.set('n', { text: 'one' }, 0)
  const edited = await book.set('n', { text: 'two', tags: ['x'] }, 1)

  expect(made).toMatchObject({ by: 'person:ann', reason: 'Because', undoneBy: null, undoes: [] })
  expect(made.operations).toMatchObject([
    { kind: 'create', entity: 'note', entityId: 'n', baseVersion: 0, version: 1, before: null, after: { text: 'one' } },
  ])
  expect(edited.operations).toMatchObject([
    { kind: 'update', baseVersion: 1, version: 2, before: { text: 'one' }, after: { text: 'two', tags: ['x'] } },
  ])
  expect(await book.get('n')).toMatchObject({ version: 2, state: { text: 'two', tags: ['x'] } })
  expect(await changeById(book.db.read, edited.id)).toEqual(edited)
  expect(await book.told()).toMatchObject([
    {
      type: 'change.applied',
      scope: 'p1',
      by: 'person:ann',
      data: {
        change: made.id,
        reason: 'Because',
        count: 1,
        operations: [{ entity: 'note', id: 'n', version: 1, kind: 'create' }],
      },
    },
    { type: 'change.applied', data: { change: edited.id, operations: [{ version: 2 }] } },
  ])
})

test("a job's change belongs to the job's stream, and to its batch", async () => {
  await using book = await notebook()
  const job = { id: 'j1', kind: 'write', attempt: 2, startedAt: Date.now() }
  const edits = [{ do: 'put', entity: 'note', id: 'n', state: { text: 'x' } } as const]
  const change = await book.db.write((tx) =>
    book.changes.apply(tx, { scope: 'p1', by: 'job:j1', reason: 'Wrote it', job, edits }),
  )
  expect(change).toMatchObject({ job: 'j1', batch: 'j1' })
  expect(await book.told()).toMatchObject([{ job: 'j1', kind: 'write', attempt: 2, by: 'job:j1' }])
})

describe('all or nothing', () => {
  test('a change of several things is one change, in their order', async () => {
    await using book = await notebook()
    const change = await book.make([
      { do: 'create', id: 'a', state: { text: 'A' } },
      { do: 'create', id: 'b', state: { text: 'B' } },
    ])
    expect(change.operations.map(({ entityId }) => entityId)).toEqual(['a', 'b'])
    expect(await book.told()).toHaveLength(1)
  })

  test.each([
    ['a room refuses one', { do: 'create', id: 'b', state: { text: 'refused' } }, 'refuses'],
    ['one was changed in the meantime', { do: 'put', id: 'n', state: { text: 'mine' }, baseVersion: 1 }, 'meantime'],
    ['one is not there', { do: 'delete', id: 'nowhere' }, 'no note'],
  ] as const)('where %s, none is made', async (_what, refused, why) => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    await book.set('n', { text: 'two' })
    const before = await book.told()

    await expect(book.make([{ do: 'create', id: 'a', state: { text: 'A' } }, refused])).rejects.toThrow(why)
    expect(await book.get('a')).toBeNull()
    expect(await changesOf(book.db.read, 'p1')).toHaveLength(2)
    expect(await book.told()).toEqual(before)
  })
})

describe('what an edit says', () => {
  test('only the fields that are named change', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one', tags: ['x'] })
    const change = await book.make([{ do: 'update', id: 'n', fields: { tags: [] } }])
    expect(change.operations[0]).toMatchObject({ kind: 'update', after: { text: 'one', tags: [] } })
  })

  test('a move is told as one', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    const change = await book.make([{ do: 'move', id: 'n', fields: { tags: ['elsewhere'] } }])
    expect(change.operations[0]).toMatchObject({ kind: 'move', after: { text: 'one', tags: ['elsewhere'] } })
  })

  test('a thing whose id is its place goes to another, and back by one undo', async () => {
    await using book = await notebook()
    await book.set('here', { text: 'one' })
    const change = await book.make([{ do: 'rename', id: 'here', to: 'there' }])
    expect(change.operations).toMatchObject([
      { kind: 'move', entityId: 'there', before: null, after: { text: 'one' } },
      { kind: 'move', entityId: 'here', before: { text: 'one' }, after: null },
    ])
    await book.undo(change)
    expect([await book.get('here'), await book.get('there')]).toMatchObject([{ state: { text: 'one' } }, null])
  })

  test('a thing is not moved to where another is', async () => {
    await using book = await notebook()
    await book.set('here', { text: 'one' })
    await book.set('there', { text: 'two' })
    await expect(book.make([{ do: 'rename', id: 'here', to: 'there' }])).rejects.toMatchObject({
      code: 'version_conflict',
    })
    expect(await book.get('there')).toMatchObject({ state: { text: 'two' } })
  })

  test('what was deleted is restored as it was; what is there is not', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    await expect(book.make([{ do: 'restore', id: 'n' }])).rejects.toMatchObject({ code: 'not_deleted' })
    await book.set('n', null)
    const change = await book.make([{ do: 'restore', id: 'n' }])
    expect(change.operations[0]).toMatchObject({ kind: 'restore', version: 3, after: { text: 'one' } })
    await expect(book.make([{ do: 'restore', id: 'never' }])).rejects.toMatchObject({ code: 'unknown_note' })
  })

  test('what is there already is the change that made it so, and no new one', async () => {
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
    expect(gone.operations).toMatchObject([{ kind: 'delete', version: 2, after: null }])
    expect(await book.get('n')).toBeNull()
    expect(await book.set('n', null)).toEqual(gone)

    const back = await book.set('n', { text: 'again' }, 0)
    expect(back.operations).toMatchObject([{ baseVersion: 2, version: 3, before: null }])
    expect(await book.get('n')).toMatchObject({ version: 3 })
  })

  test('what was never there cannot be deleted or changed', async () => {
    await using book = await notebook()
    await expect(book.set('n', null)).rejects.toMatchObject({ code: 'unknown_note' })
    await expect(book.make([{ do: 'update', id: 'n', fields: { text: 'x' } }])).rejects.toMatchObject({
      code: 'unknown_note',
    })
    expect(await book.told()).toEqual([])
  })
})

describe('where the thing moved on', () => {
  test('fields that only one side has changed are merged, and the change says what its author had seen', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one', tags: [] })
    await book.set('n', { text: 'theirs', tags: [] })
    const change = await book.make([{ do: 'update', id: 'n', fields: { tags: ['mine'] }, baseVersion: 1 }])
    expect(change.operations[0]).toMatchObject({ seen: 1, baseVersion: 2, version: 3 })
    expect(await book.get('n')).toMatchObject({ state: { text: 'theirs', tags: ['mine'] } })
  })

  test('lines of a text that do not touch are merged', async () => {
    await using book = await notebook()
    await book.set('n', { body: 'a\nb\nc\nd\n' })
    await book.set('n', { body: 'A\nb\nc\nd\n' })
    await book.set('n', { body: 'a\nb\nc\nD\n' }, 1)
    expect(await book.get('n')).toMatchObject({ state: { body: 'A\nb\nc\nD\n' } })
  })

  test('what both have changed is contested: both sides are named, and nothing is overwritten', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one', body: 'a\nb\n' })
    await book.set('n', { text: 'theirs', body: 'a\ntheirs\n' })
    const refused = book.set('n', { text: 'mine', body: 'a\nmine\n' }, 1)
    await expect(refused).rejects.toMatchObject({
      code: 'version_conflict',
      context: { entity: 'note', id: 'n', expected: 1, actual: 2 },
      contests: [
        {
          version: 2,
          seen: 1,
          disputes: [
            { field: 'text', base: 'one', mine: 'mine', theirs: 'theirs' },
            {
              field: 'body',
              regions: [{ lines: ['a\n'] }, { base: ['b\n'], mine: ['mine\n'], theirs: ['theirs\n'] }],
            },
          ],
        },
      ],
    })
    expect(await book.get('n')).toMatchObject({ version: 2, state: { text: 'theirs' } })
  })

  test('a person decides field by field and place by place, against what they saw', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one', body: 'a\nb\nc\n' })
    await book.set('n', { text: 'theirs', body: 'A\nb\nC\n' })
    const mine = { do: 'put', id: 'n', state: { text: 'mine', body: '1\nb\n3\n' }, baseVersion: 1 } as const
    const about = { entity: 'note', id: 'n', seen: 1 }
    const choices = (version: number) => [
      { ...about, version, field: 'text', side: 'mine' as const },
      { ...about, version, field: 'body', place: 0, side: 'theirs' as const },
      { ...about, version, field: 'body', place: 1, side: 'both' as const },
    ]
    await expect(book.make([mine], { choices: choices(1) })).rejects.toMatchObject({ code: 'version_conflict' })
    await book.make([mine], { choices: choices(2) })
    expect(await book.get('n')).toMatchObject({ state: { text: 'mine', body: 'A\nb\n3\nC\n' } })
  })

  test.each([
    ['a version that never was', 9],
    ['a thing that must not exist', 0],
  ])('an edit based on %s is refused and changes nothing', async (_what, expected) => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    await book.set('n', { text: 'two' })
    await expect(book.set('n', { text: 'three' }, expected)).rejects.toMatchObject({
      code: 'version_conflict',
      context: { entity: 'note', id: 'n', expected, actual: 2 },
    })
    expect(await book.get('n')).toMatchObject({ version: 2, state: { text: 'two' } })
  })

  test('what one has deleted and another changed is contested, whoever comes second', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    await book.set('n', { text: 'two' })
    await expect(book.set('n', null, 1)).rejects.toMatchObject({ contests: [{ disputes: [{ field: 'whole' }] }] })
    await book.set('n', null)
    await expect(book.set('n', { text: 'three' }, 2)).rejects.toMatchObject({ code: 'version_conflict' })
    expect(await book.get('n')).toBeNull()
  })

  test('of two edits of the same version at the same moment, one wins', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    const ends = await Promise.allSettled([book.set('n', { text: 'a' }, 1), book.set('n', { text: 'b' }, 1)])
    expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'rejected'])
    expect(await book.get('n')).toMatchObject({ version: 2, state: { text: 'a' } })
  })
})

describe('the history', () => {
  test("a project's changes come newest first, page by page, and no other project's", async () => {
    await using book = await notebook()
    for (const text of ['a', 'b', 'c', 'd', 'e']) await book.set(text, { text })
    await book.make([{ do: 'put', id: 'a', state: { text: 'other' } }], { scope: 'p2' })
    const first = await changesOf(book.db.read, 'p1', { limit: 3 })
    const rest = await changesOf(book.db.read, 'p1', { limit: 3, before: first.at(-1)!.id })
    expect([...first, ...rest].map(({ operations }) => operations[0]!.entityId)).toEqual(['e', 'd', 'c', 'b', 'a'])
  })

  test('it is asked for by thing, by author and by batch', async () => {
    await using book = await notebook()
    const one = await book.make([
      { do: 'put', id: 'a', state: { text: 'x' } },
      { do: 'put', id: 'b', state: { text: 'x' } },
    ])
    const two = await book.make([{ do: 'put', id: 'b', state: { text: 'y' } }], { by: 'person:bob', batch: 'sync 1' })
    const ids = async (query: object) => (await changesOf(book.db.read, 'p1', query)).map(({ id }) => id)
    expect(await ids({ entity: 'note', id: 'a' })).toEqual([one.id])
    expect(await ids({ entity: 'note', id: 'b' })).toEqual([two.id, one.id])
    expect(await ids({ by: 'person:bob' })).toEqual([two.id])
    expect(await ids({ batch: 'sync 1' })).toEqual([two.id])
    expect(await ids({ entity: 'task' })).toEqual([])
  })

  test('a list holds the first things of each change, and says how many there are', async () => {
    await using book = await notebook()
    const edits = Array.from({ length: 150 }, (_, i) => ({ do: 'create', id: `n${i}`, state: { text: 'x' } }) as const)
    const many = await book.make(edits)
    await book.set('one', { text: 'y' })
    const [one, listed] = await changesOf(book.db.read, 'p1')
    expect([one!.count, one!.operations.length]).toEqual([1, 1])
    expect([listed!.count, listed!.operations.length]).toEqual([150, 100])
    expect(listed!.operations).toEqual(many.operations.slice(0, 100))
    expect((await changeById(book.db.read, many.id)).operations).toHaveLength(150)
  })
})
