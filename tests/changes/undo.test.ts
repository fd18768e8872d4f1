import { describe, expect, test } from 'bun:test'
import { changeById } from '../../src/changes/history.ts'
import { notebook } from './support.ts'

test('an undo brings back what was, as a new change that can itself be undone', async () => {
  await using book = await notebook()
  await book.set('n', { text: 'one' })
  const edited = await book.set('n', { text: 'two' })

  const undone = await book.undo(edited)
  expect(undone).toMatchObject({ undoes: [edited.id], by: 'person:bob', reason: 'Undid: Because' })
  expect(undone.operations).toMatchObject([{ version: 3, after: { text: 'one' } }])
  expect(await changeById(book.db.read, edited.id)).toMatchObject({ undoneBy: undone.id })
  expect(await book.get('n')).toMatchObject({ version: 3, state: { text: 'one' } })
  expect((await book.told()).at(-1)).toMatchObject({
    type: 'change.undone',
    by: 'person:bob',
    data: { change: undone.id, undoes: [edited.id], operations: [{ entity: 'note', id: 'n', version: 3 }] },
  })

  await book.undo(undone)
  expect(await book.get('n')).toMatchObject({ version: 4, state: { text: 'two' } })
})

test('what was brought back stands, and can be undone again', async () => {
  await using book = await notebook()
  await book.set('n', { text: 'one' })
  const edited = await book.set('n', { text: 'two' })
  const stands = async (id: string) => (await changeById(book.db.read, id)).undoneBy === null

  const undone = await book.undo(edited)
  expect([await stands(edited.id), await stands(undone.id)]).toEqual([false, true])
  const redone = await book.undo(undone)
  expect(redone.reason).toBe('Brought back: Because')
  expect([await stands(edited.id), await stands(undone.id), await stands(redone.id)]).toEqual([true, false, true])
  await book.undo(edited)
  expect(await book.get('n')).toMatchObject({ state: { text: 'one' } })
  expect(await stands(edited.id)).toBe(false)
})

test('the undo of a making removes, the undo of a deletion brings back', async () => {
  await using book = await notebook()
  const unmade = await book.undo(await book.set('n', { text: 'one' }))
  expect(await book.get('n')).toBeNull()
  await book.undo(unmade)
  await book.undo(await book.set('n', null))
  expect(await book.get('n')).toMatchObject({ version: 5, state: { text: 'one' } })
})

test('a change that was undone is not undone again', async () => {
  await using book = await notebook()
  const change = await book.set('n', { text: 'one' })
  const undone = await book.undo(change)
  await expect(book.undo(change)).rejects.toMatchObject({ code: 'already_undone', context: { undoneBy: undone.id } })
  await expect(book.undo({ id: 'nope' })).rejects.toMatchObject({ code: 'unknown_change' })
})

describe('what came since', () => {
  test('other fields and other lines are kept', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one', body: 'a\nb\nc\n' })
    const first = await book.set('n', { text: 'two', body: 'A\nb\nc\n' })
    await book.set('n', { text: 'two', body: 'A\nb\nC\n', tags: ['later'] })
    await book.undo(first)
    expect(await book.get('n')).toMatchObject({ state: { text: 'one', body: 'a\nb\nC\n', tags: ['later'] } })
  })

  test('the same field is contested, nothing is overwritten, and a person may choose', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    const second = await book.set('n', { text: 'two' })
    await book.set('n', { text: 'three' })
    await expect(book.undo(second)).rejects.toMatchObject({
      code: 'changed_since',
      context: { expected: 2, actual: 3 },
      contests: [{ disputes: [{ field: 'text', base: 'two', mine: 'one', theirs: 'three' }] }],
    })
    expect(await book.get('n')).toMatchObject({ version: 3, state: { text: 'three' } })
    const choice = { entity: 'note', id: 'n', version: 3, seen: 2, field: 'text', side: 'mine' as const }
    await book.undo(second, { choices: [choice] })
    expect(await book.get('n')).toMatchObject({ state: { text: 'one' } })
  })

  test('the undo of a making does not take later work with it', async () => {
    await using book = await notebook()
    const made = await book.set('n', { text: 'one' })
    await book.set('n', { text: 'two' })
    await expect(book.undo(made)).rejects.toMatchObject({ code: 'changed_since' })
    expect(await book.get('n')).toMatchObject({ state: { text: 'two' } })
  })
})

describe('several at once', () => {
  test('a batch is undone as one change, and brought back as one', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'before' })
    const batch = [
      await book.set('n', { text: 'one' }),
      await book.set('m', { text: 'new' }),
      await book.set('n', { text: 'two' }),
    ]
    const undone = await book.undo(batch)
    expect(undone.operations.map(({ entityId, kind }) => [entityId, kind])).toEqual([
      ['n', 'update'],
      ['m', 'delete'],
    ])
    expect([await book.get('n'), await book.get('m')]).toMatchObject([{ state: { text: 'before' } }, null])
    await book.undo(undone)
    expect([await book.get('n'), await book.get('m')]).toMatchObject([
      { state: { text: 'two' } },
      { state: { text: 'new' } },
    ])
  })

  test('what others did between two of them is kept', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'x', body: 'a\nb\nc\n' })
    const first = await book.set('n', { text: 'x', body: 'A\nb\nc\n' })
    await book.set('n', { text: 'theirs', body: 'A\nb\nc\n' })
    const last = await book.set('n', { text: 'theirs', body: 'A\nb\nC\n' })
    await book.undo([first, last])
    expect(await book.get('n')).toMatchObject({ state: { text: 'theirs', body: 'a\nb\nc\n' } })
  })

  test('all or none: where one is contested, nothing is undone', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    const batch = [await book.set('m', { text: 'm' }), await book.set('n', { text: 'two' })]
    await book.set('n', { text: 'three' })
    await expect(book.undo(batch)).rejects.toMatchObject({ code: 'changed_since' })
    expect(await book.get('m')).not.toBeNull()
    expect(await changeById(book.db.read, batch[0]!.id)).toMatchObject({ undoneBy: null })
  })
})

describe('back to a moment', () => {
  test('all that came since is taken back by one change, whoever made it, and can be brought back', async () => {
    await using book = await notebook()
    await book.set('n', { text: 'one' })
    const moment = await book.set('m', { text: 'kept' })
    const since = [await book.set('n', { text: 'two' }), await book.set('k', { text: 'new' })]
    await book.undo(since[0]!)
    await book.set('m', null)

    const back = await book.db.write((tx) => book.changes.undoSince(tx, moment.id, { by: 'person:bob' }))
    const now = async () => [await book.get('n'), await book.get('m'), await book.get('k')]
    expect(await now()).toMatchObject([{ state: { text: 'one' } }, { state: { text: 'kept' } }, null])
    expect(await changeById(book.db.read, since[0]!.id)).toMatchObject({ undoneBy: back.id })
    expect(await changeById(book.db.read, moment.id)).toMatchObject({ undoneBy: null })

    await book.undo(back)
    expect(await now()).toMatchObject([{ state: { text: 'one' } }, null, { state: { text: 'new' } }])
    expect(await changeById(book.db.read, since[0]!.id)).not.toMatchObject({ undoneBy: null })
    expect(await changeById(book.db.read, since[1]!.id)).toMatchObject({ undoneBy: null })
  })

  test('to where it is already, there is nothing to take back', async () => {
    await using book = await notebook()
    const last = await book.set('n', { text: 'one' })
    await expect(
      book.db.write((tx) => book.changes.undoSince(tx, last.id, { by: 'person:bob' })),
    ).rejects.toMatchObject({ code: 'nothing_to_undo' })
  })
})
