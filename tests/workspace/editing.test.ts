import { describe, expect, test } from 'bun:test'
import { testWorkspace } from './support.ts'

const URL = '/api/projects/p1/files/notes/plan.md'
const TEN = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
/** Ten lines, with some said otherwise. */
const lines = (other: Record<number, string> = {}) => TEN.map((word, at) => `${other[at] ?? word}\n`).join('')

type Space = Awaited<ReturnType<typeof testWorkspace>>

function put(
  space: Space,
  content: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  query = '',
) {
  return space.ask(`${URL}${query}`, { method: 'PUT', body: content, headers })
}

const read = async (space: Space) => (await space.ask(URL)).text()

describe('a PUT', () => {
  test('makes a file that is not there, of any bytes, and says its ETag', async () => {
    await using space = await testWorkspace()
    const made = await put(space, lines(), { 'content-type': 'text/markdown' }, '?reason=To%20begin')
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"'])
    expect(await made.json()).toMatchObject({ path: 'notes/plan.md', version: 1, merged: false })
    const { items } = await (await space.ask('/api/projects/p1/changes')).json()
    expect(items[0]).toMatchObject({ by: 'person:ann', reason: 'To begin' })
    const bytes = new Uint8Array([137, 80, 78, 71, 0, 255])
    expect((await put(space, bytes, { 'if-match': '"1"' })).status).toBe(200)
    expect(new Uint8Array(await (await space.ask(URL)).arrayBuffer())).toEqual(bytes)
  })

  test('without a precondition overwrites nothing', async () => {
    await using space = await testWorkspace()
    await put(space, lines())
    const refused = await put(space, 'mine')
    expect([refused.status, (await refused.json()).code]).toEqual([428, 'precondition_missing'])
    const gone = await space.ask(URL, { method: 'DELETE' })
    expect([gone.status, (await gone.json()).code]).toEqual([428, 'precondition_missing'])
    expect(await read(space)).toBe(lines())
  })

  test('with * takes whatever is there, and nothing where nothing is', async () => {
    await using space = await testWorkspace()
    expect((await put(space, 'mine', { 'if-match': '*' })).status).toBe(412)
    await put(space, lines())
    expect((await put(space, 'mine', { 'if-match': '*' })).status).toBe(200)
    expect(await read(space)).toBe('mine')
  })

  test('of a file that must not be there is refused where it is, unless it is the same', async () => {
    await using space = await testWorkspace()
    await put(space, 'theirs', { 'if-none-match': '*' })
    const refused = await put(space, 'mine', { 'if-none-match': '*' })
    expect(refused.status).toBe(412)
    expect((await refused.json()).contests).toMatchObject([
      {
        seen: 0,
        version: 1,
        fields: [{ field: 'whole', base: null, mine: { text: 'mine' }, theirs: { text: 'theirs' } }],
      },
    ])
    expect((await put(space, 'theirs', { 'if-none-match': '*' })).status).toBe(200)
    expect((await put(space, 'mine', { 'if-none-match': '*' }, '?choose=mine&against=1')).status).toBe(200)
    expect(await read(space)).toBe('mine')
  })

  test('against an older version keeps what others changed elsewhere, and says that it did', async () => {
    await using space = await testWorkspace()
    await put(space, lines())
    await put(space, lines({ 0: 'ONE' }), { 'if-match': '"1"' })
    const merged = await put(space, lines({ 9: 'TEN' }), { 'if-match': '"1"' })
    expect([merged.status, merged.headers.get('etag')]).toEqual([200, '"3"'])
    expect(await merged.json()).toMatchObject({ merged: true, version: 3 })
    expect(await read(space)).toBe(lines({ 0: 'ONE', 9: 'TEN' }))
  })

  test('of lines that others changed, too, is answered with the three versions and an offer, and made with a choice', async () => {
    await using space = await testWorkspace()
    await put(space, lines())
    await put(space, lines({ 0: 'ONE', 4: 'theirs' }), { 'if-match': '"1"' })
    const mine = lines({ 4: 'mine', 9: 'TEN' })
    const refused = await put(space, mine, { 'if-match': '"1"' })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([412, 'application/problem+json'])
    const { code, status, contests } = await refused.json()
    expect([code, status]).toEqual(['version_conflict', 412])
    expect(contests).toMatchObject([{ entity: 'file', id: 'notes/plan.md', seen: 1, version: 2 }])
    const [field] = contests[0].fields
    expect(field).toMatchObject({
      base: { text: lines(), url: `${URL}?version=1` },
      mine: { text: mine, url: null },
      theirs: { text: lines({ 0: 'ONE', 4: 'theirs' }), url: `${URL}?version=2` },
      merge: { places: [{ place: 0, line: 5, base: 'five\n', mine: 'mine\n', theirs: 'theirs\n' }] },
    })
    expect(field.merge.text).toBe(
      lines({
        0: 'ONE',
        4: '<<<<<<< mine, place 0\nmine\n=======\ntheirs\n>>>>>>> theirs, place 0',
        9: 'TEN',
      }),
    )
    expect(await read(space)).toBe(lines({ 0: 'ONE', 4: 'theirs' }))

    expect((await put(space, mine, { 'if-match': '"1"' }, '?choose=0:both&against=1')).status).toBe(412)
    const chosen = await put(space, mine, { 'if-match': '"1"' }, '?choose=0:both&against=2')
    expect([chosen.status, (await chosen.json()).merged]).toEqual([200, true])
    expect(await read(space)).toBe(lines({ 0: 'ONE', 4: 'mine\ntheirs', 9: 'TEN' }))
  })

  test('of bytes is contested as a whole', async () => {
    await using space = await testWorkspace()
    const bytes = (last: number) => new Uint8Array([0, 1, last])
    await put(space, bytes(1))
    await put(space, bytes(2), { 'if-match': '"1"' })
    const { contests } = await (await put(space, bytes(3), { 'if-match': '"1"' })).json()
    expect(contests[0].fields).toMatchObject([
      { field: 'content', mine: { bytes: 3, text: null }, theirs: { bytes: 3, text: null, url: `${URL}?version=2` } },
    ])
    expect(contests[0].fields[0].merge).toBeUndefined()
    expect((await put(space, bytes(3), { 'if-match': '"1"' }, '?choose=mine&against=2')).status).toBe(200)
  })

  test('that can’t be understood, is too long or comes from a stranger is answered with its fault', async () => {
    await using space = await testWorkspace()
    const faults: [Record<string, string>, string, number][] = [
      [{ 'if-match': 'W/"1"' }, '', 422],
      [{ 'if-match': '"x"' }, '', 422],
      [{ 'if-none-match': '"1"' }, '', 422],
      [{ 'if-match': '"1"', 'if-none-match': '*' }, '', 422],
      [{ 'if-match': '"1"' }, '?choose=0:nobody', 422],
      [{ 'content-length': '99999999' }, '', 413],
      [{ 'x-stranger': 'yes' }, '', 401],
    ]
    for (const [headers, query, status] of faults)
      expect([headers, (await put(space, 'x', headers, query)).status]).toEqual([headers, status])
  })

  test('outside of the project, or of one that is not there, is refused', async () => {
    await using space = await testWorkspace()
    const to = async (path: string) => (await space.ask(path, { method: 'PUT', body: 'x' })).status
    expect(await to('/api/projects/p1/files/..%2fx')).toBe(422)
    expect(await to('/api/projects/p1/files/a%00b')).toBe(422)
    expect(await to('/api/projects/nope/files/x')).toBe(404)
  })
})

describe('a DELETE', () => {
  test('of the version that was seen removes the file, of an older one asks', async () => {
    await using space = await testWorkspace()
    await put(space, lines())
    await put(space, lines({ 0: 'ONE' }), { 'if-match': '"1"' })
    const remove = (headers: Record<string, string>) => space.ask(URL, { method: 'DELETE', headers })
    const refused = await remove({ 'if-match': '"1"' })
    expect(refused.status).toBe(412)
    expect((await refused.json()).contests[0].fields).toMatchObject([{ field: 'whole', mine: null }])
    expect((await remove({ 'if-match': '"2"' })).status).toBe(200)
    expect((await remove({ 'if-match': '"2"' })).status).toBe(404)
    expect((await put(space, lines({ 1: 'TWO' }), { 'if-match': '"2"' })).status).toBe(412)
  })
})
