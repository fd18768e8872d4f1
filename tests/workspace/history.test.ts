import { describe, expect, test } from 'bun:test'
import type { Change } from '../../src/changes/tables.ts'
import { testApp } from '../support/app.ts'
import { testWorkspace } from './support.ts'

const TEN = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
/** Ten lines, with some said otherwise. */
const lines = (other: Record<number, string> = {}) => TEN.map((word, at) => `${other[at] ?? word}\n`).join('')

type Space = Awaited<ReturnType<typeof testWorkspace>>
const BOB = { by: 'person:bob' }

const read = async (space: Space, path = 'a.txt') => (await space.ask(`/api/projects/p1/files/${path}`)).text()
const json = (space: Space, path: string, body: object) =>
  space.ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
const form = (space: Space, path: string, fields: Record<string, string> = {}) =>
  space.ask(path, { method: 'POST', body: new URLSearchParams(fields) })
const page = async (space: Space, path: string) => (await space.ask(path)).text()

/** Ann's change of the fifth line, and bob's of the same line and of the last one since. */
async function contested() {
  const space = await testWorkspace()
  await space.write('a.txt', lines())
  const anns = await space.write('a.txt', lines({ 4: 'ann' }))
  await space.write('a.txt', lines({ 4: 'bob', 9: 'TEN' }), BOB)
  return { space, anns }
}

describe('the history by the API', () => {
  test('says who, in which job, and with which model at what cost; a run is undone as one, and comes back as one', async () => {
    await using app = await testApp()
    const { project } = await app.make()
    await app.settled(project.id)
    const of = async (query: string) => (await app.json(`/api/projects/${project.id}/changes?limit=200&${query}`)).items
    const agents = await of('entity=file&by=job:*')
    const page = agents.find(({ operations }: Change) => operations[0]!.entityId === 'index.html')
    expect(page).toMatchObject({
      author: { kind: 'agent', name: 'Hearth' },
      work: { kind: 'write', costMicros: 0, models: [expect.stringContaining('demo')] },
      batch: page.job,
    })
    expect((await app.json(`/api/changes/${page.id}`)).change).toEqual(page)
    expect(await of(`entity=file&id=index.html`)).toEqual([page])
    expect((await of(`job=${page.job}`)).length).toBe(2) // the file, and the task that is done
    expect(await of('by=person:nobody')).toEqual([])

    const reversals = `/api/projects/${project.id}/reversals`
    const undone = await app.post(reversals, { batch: page.batch, reason: 'Not like that' })
    expect(undone.status).toBe(201)
    const { change } = await undone.json()
    expect([change.undoes.length, change.reason]).toEqual([2, 'Not like that'])
    expect((await app.request(`/api/projects/${project.id}/files/index.html`)).status).toBe(404)
    const nothing = await app.post(reversals, { batch: page.batch })
    expect([nothing.status, (await nothing.json()).code]).toEqual([409, 'nothing_to_undo'])
    expect((await app.post(`/api/changes/${change.id}/reversal`)).status).toBe(201)
    expect((await app.request(`/api/projects/${project.id}/files/index.html`)).status).toBe(200)
    const html = await (await app.request(`/projects/${project.id}/history?entity=file&id=index.html`)).text()
    expect(html).toMatch(/writing<\/a> with demo/)
  })

  test('brings a project back to a moment, other people’s work too, and forth again', async () => {
    await using space = await testWorkspace()
    const first = await space.write('a.txt', 'one')
    await space.write('b.txt', 'bob', BOB)
    await space.write('a.txt', 'two')
    const back = await json(space, '/api/projects/p1/reversals', { since: first.id })
    expect(back.status).toBe(201)
    expect([await read(space), (await space.ask('/api/projects/p1/files/b.txt')).status]).toEqual(['one', 404])
    const { change } = await back.json()
    await json(space, `/api/changes/${change.id}/reversal`, {})
    expect([await read(space), await read(space, 'b.txt')]).toEqual(['two', 'bob'])
  })

  test('asks what is to stand where others have changed the same since, and does as was chosen', async () => {
    const { space: made, anns } = await contested()
    await using space = made
    const undo = `/api/changes/${anns.id}/reversal`
    const refused = await space.ask(undo, { method: 'POST' })
    const { code, contests } = await refused.json()
    expect([refused.status, code]).toEqual([409, 'changed_since'])
    expect(contests).toMatchObject([
      {
        id: 'a.txt',
        seen: 2,
        version: 3,
        fields: [{ base: { text: lines({ 4: 'ann' }) }, merge: { places: [{ mine: 'five\n', theirs: 'bob\n' }] } }],
      },
    ])
    const about = { entity: 'file', id: 'a.txt', seen: 2, version: 3, field: 'content', place: 0 }
    const stale = await json(space, undo, { choices: [{ ...about, version: 2, side: 'mine' }] })
    expect(stale.status).toBe(409)
    expect((await json(space, undo, { choices: [{ ...about, side: 'mine' }] })).status).toBe(201)
    expect(await read(space)).toBe(lines({ 9: 'TEN' }))
  })

  test('takes nothing back that is another project’s, and understands no half of a wish', async () => {
    await using space = await testWorkspace()
    const change = await space.write('a.txt', 'one')
    const status = async (path: string, body: object) => (await json(space, path, body)).status
    expect(await status('/api/projects/p2/reversals', { changes: [change.id] })).toBe(404)
    expect(await status('/api/projects/p2/reversals', { since: change.id })).toBe(404)
    expect(await status('/api/projects/nope/reversals', { since: change.id })).toBe(404)
    expect(await status('/api/projects/p1/reversals', {})).toBe(422)
    expect(await status(`/api/changes/${change.id}/reversal`, { choices: 'all' })).toBe(422)
    expect(await read(space)).toBe('one')
  })
})

describe('the page of the history', () => {
  test('tells each change, what was undone and by whom, and looks at one thing or author alone', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', 'one')
    const bobs = await space.write('b.txt', 'b', BOB)
    await form(space, `/changes/${bobs.id}/reversal`, { back: 'history', reason: '' })
    const all = await page(space, '/projects/p1/history')
    expect(all).toContain('undone by the owner')
    expect(all).toMatch(/undid a change<\/b>: removed/)
    expect([...all.matchAll(/>\s*(Undo|Redo)<span/g)].map(([, word]) => word)).toEqual(['Redo', 'Undo'])
    const own = await page(space, '/projects/p1/history?entity=file&id=a.txt')
    expect([own.includes('a.txt'), own.includes('b.txt')]).toEqual([true, false])
    expect(await page(space, '/projects/p1/history?by=person:nobody')).toContain('Nothing was changed that fits this')
    expect((await space.ask('/projects/nope/history')).status).toBe(404)
  })

  test('goes on with what is older', async () => {
    await using space = await testWorkspace()
    for (let at = 0; at < 52; at++) await space.write('a.txt', `${at}`)
    const first = await page(space, '/projects/p1/history')
    const older = /href="([^"]+before=[^"]+)"/.exec(first)![1]!.replaceAll('&amp;', '&')
    const count = (html: string) => html.match(/<li class="/g)!.length
    expect([count(first), count(await page(space, older))]).toEqual([50, 2])
  })
})

describe('the page of a change', () => {
  test('shows what it did, and nothing of it acts', async () => {
    await using space = await testWorkspace()
    await space.write('a.html', '<p>one</p>\n')
    const change = await space.write('a.html', '<p>two</p>\n<script>alert(1)</script>\n')
    const html = await page(space, `/changes/${change.id}`)
    expect(html).toContain('<mark>')
    expect(html).toContain('+2 −1')
    expect(html).not.toContain('<script>alert')
    expect((await space.ask('/changes/nope')).status).toBe(404)
  })

  test('shows what an undo would do without doing it', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', lines())
    const change = await space.write('a.txt', lines({ 4: 'ann' }))
    await space.write('a.txt', lines({ 4: 'ann', 9: 'TEN' }), BOB)
    const before = await space.told()
    const html = await page(space, `/changes/${change.id}/reversal`)
    expect(html).toMatch(/removed: <\/span><mark>ann|removed: <\/span>ann/)
    expect(html).toContain(`action="/changes/${change.id}/reversal"`)
    expect(await read(space)).toBe(lines({ 4: 'ann', 9: 'TEN' }))
    expect(await space.told()).toEqual(before)
    const made = await form(space, `/changes/${change.id}/reversal`, { back: 'change', reason: 'Why not' })
    expect(made.headers.get('location')).toMatch(/^\/changes\//)
    expect(await read(space)).toBe(lines({ 9: 'TEN' }))
  })
})

/** What a form holds that is sent as it is. */
function fieldsIn(html: string): Record<string, string> {
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)]
  const typed = /<textarea[^>]*name="content"[^>]*>\n([\s\S]*?)<\/textarea>/.exec(html)?.[1]
  return {
    ...Object.fromEntries(hidden.map(([, name, value]) => [name!, unescaped(value!)])),
    ...(typed === undefined ? {} : { content: unescaped(typed) }),
  }
}

function unescaped(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

describe('a contested undo', () => {
  test('is a page of choices, is done as they say, and keeps them when it moved again meanwhile', async () => {
    const { space: made, anns } = await contested()
    await using space = made
    const undo = `/changes/${anns.id}/reversal`
    const asked = await form(space, undo)
    expect(asked.status).toBe(409)
    const first = await asked.text()
    expect(first).toContain('As it is now')
    expect(first).toContain('last changed by')
    expect(await read(space)).toBe(lines({ 4: 'bob', 9: 'TEN' }))

    await space.write('a.txt', lines({ 0: 'ONE', 4: 'bob', 9: 'TEN' }), BOB)
    const again = await form(space, undo, { ...fieldsIn(first), 'side.1': 'mine' })
    expect(again.status).toBe(409)
    const second = await again.text()
    expect(second).toContain('It was changed once more meanwhile')
    expect(second).toMatch(/value="mine" required\s+checked/)
    const done = await form(space, undo, { ...fieldsIn(second), 'side.1': 'mine' })
    expect(done.status).toBe(303)
    expect(await read(space)).toBe(lines({ 0: 'ONE', 9: 'TEN' }))
  })

  test('of a file’s making, which others have written on since, asks about the whole of it', async () => {
    await using space = await testWorkspace()
    const made = await space.write('a.txt', lines())
    await space.write('a.txt', lines({ 0: 'ONE' }), BOB)
    const asked = await (await form(space, `/changes/${made.id}/reversal`)).text()
    expect(asked).toContain('(no file)')
    const gone = await form(space, `/changes/${made.id}/reversal`, { ...fieldsIn(asked), 'side.1': 'mine' })
    expect(gone.status).toBe(303)
    expect((await space.ask('/api/projects/p1/files/a.txt')).status).toBe(404)
  })
})

describe('a file is edited on its page:', () => {
  const EDIT = '/projects/p1/edit/a.txt'

  test('what others changed elsewhere meanwhile stays, and the page says so', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', lines())
    const fields = fieldsIn(await page(space, EDIT))
    expect(fields).toMatchObject({ version: '1', content: lines() })
    await space.write('a.txt', lines({ 9: 'TEN' }), BOB)
    const saved = await form(space, EDIT, { ...fields, content: lines({ 0: 'ONE' }).replaceAll('\n', '\r\n') })
    expect([saved.status, saved.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/changes\//)])
    expect(await read(space)).toBe(lines({ 0: 'ONE', 9: 'TEN' }))
    expect(await page(space, saved.headers.get('location')!)).toContain('both are kept')
  })

  test('of the same line it asks, and what was typed is in the form again whatever happens', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', lines())
    const fields = { ...fieldsIn(await page(space, EDIT)), content: lines({ 4: 'mine <b>' }), reason: 'Better so' }
    await space.write('a.txt', lines({ 4: 'theirs' }), BOB)
    const asked = await form(space, EDIT, fields)
    expect(asked.status).toBe(409)
    const conflict = await asked.text()
    const again = fieldsIn(conflict)
    expect(again).toMatchObject({ content: fields.content, version: '1', reason: 'Better so' })
    expect(conflict).toContain('&lt;b&gt;')

    const typing = fieldsIn(await (await form(space, EDIT, { ...again, again: '1' })).text())
    expect(typing).toMatchObject({ content: fields.content, version: '1' })
    expect(await read(space)).toBe(lines({ 4: 'theirs' }))
    const saved = await form(space, EDIT, { ...again, 'side.1': 'both' })
    expect(saved.status).toBe(303)
    expect(await read(space)).toBe(lines({ 4: 'mine <b>\ntheirs' }))
    const { items } = await (await space.ask('/api/projects/p1/changes?limit=1')).json()
    expect(items[0]).toMatchObject({ reason: 'Better so', by: 'person:ann' })
  })

  test('one that was removed meanwhile is asked about, and can be made again with what was typed', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', lines())
    const fields = { ...fieldsIn(await page(space, EDIT)), content: 'mine\n' }
    await space.remove('a.txt')
    const asked = await (await form(space, EDIT, fields)).text()
    expect(asked).toContain('(no file)')
    await form(space, EDIT, { ...fieldsIn(asked), 'side.1': 'mine' })
    expect(await read(space)).toBe('mine\n')
  })

  test('lines that stay keep their ends, as a browser sends them all alike', async () => {
    await using space = await testWorkspace()
    const content = 'one\r\ntwo\nthree\r\nfour'
    await space.write('a.txt', content)
    await form(space, EDIT, { version: '1', content: 'one\r\nTWO\r\nthree\r\nfour' })
    expect(await read(space)).toBe('one\r\nTWO\r\nthree\r\nfour')
    await space.write('b.txt', content)
    await form(space, '/projects/p1/edit/b.txt', { version: '1', content: 'one\r\ntwo\r\nthree\r\nFOUR' })
    expect(await read(space, 'b.txt')).toBe('one\r\ntwo\nthree\r\nFOUR')
  })

  test('what can’t be edited is said in words', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', new Uint8Array([1, 0, 255]))
    const refused = await space.ask(EDIT, { headers: { accept: 'text/html' } })
    expect([refused.status, (await refused.text()).includes('can’t be edited here')]).toEqual([422, true])
    await space.write('b.txt', 'b')
    expect((await form(space, '/projects/p1/edit/b.txt', { content: 'x' })).status).toBe(422)
    expect((await form(space, '/projects/p1/edit/..%2fb.txt', { content: 'x', version: '0' })).status).toBe(422)
    expect(await read(space, 'b.txt')).toBe('b')
  })
})
