import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { testWorkspace } from '../support.ts'

setDefaultTimeout(30_000)

const MENU = ['<h1>Menu</h1>', '<ul>', '  <li>Bread</li>', '  <li>Rolls</li>', '</ul>', '']
/** As bad as a path may be. */
const EVIL = "a' onload=alert(1) &lt;script&gt; #x%41.md"

/** One history for all that only looks at it: a page in four versions, the third undone. */
let space: Awaited<ReturnType<typeof testWorkspace>>
let changes: string[]

beforeAll(async () => {
  space = await testWorkspace()
  const write = async (path: string, content: string | Uint8Array, more: object = {}) =>
    (await space.write(path, content, more)).id
  changes = [
    await write('pages/menu.html', MENU.join('\n'), { reason: 'Write the menu' }),
    await write('pages/menu.html', MENU.with(2, '  <li>Fresh bread</li>').join('\n')),
    await write(
      'pages/menu.html',
      [...MENU.with(2, '  <li>Fresh bread</li>').slice(0, 5), '<p>Open daily</p>', ''].join('\n'),
    ),
  ]
  const undone = await space.db.write((tx) => space.changes.undo(tx, changes[1]!, { by: 'person:ann' }))
  changes.push(undone.id)
  await write(EVIL, '<script>alert(2)</script>\n')
  await write(EVIL, '<script>alert(3)</script>\n<img src=x onerror=alert(4)>\n')
  await write('shop.png', new Uint8Array([137, 80, 78, 71, 0]))
  await write('shop.png', new Uint8Array([137, 80, 78, 71, 0, 1]))
  await write('gone.txt', 'one\n')
  await space.remove('gone.txt')
})
afterAll(() => space[Symbol.asyncDispose]())

interface Group {
  from: number
  lines: number
  author: { version: number }
}

const json = async (path: string) => (await space.ask(`/api/projects/p1/${path}`)).json()
const html = async (path: string) => {
  const response = await space.ask(path, { headers: { accept: 'text/html' } })
  return { status: response.status, text: await response.text() }
}

describe('the versions of a file', () => {
  test('are listed with who, why, when, size and lines, the newest first', async () => {
    const { items, nextCursor } = await json('versions/pages/menu.html')
    expect(items.map(({ version, counts }: { version: number; counts: object }) => [version, counts])).toEqual([
      [4, { added: 1, removed: 1 }],
      [3, { added: 1, removed: 0 }],
      [2, { added: 1, removed: 1 }],
      [1, { added: 5, removed: 0 }],
    ])
    expect(items.at(-1)).toMatchObject({
      change: changes[0],
      by: 'person:ann',
      who: 'the owner',
      reason: 'Write the menu',
      job: null,
    })
    expect(items[0]).toMatchObject({ undoes: [changes[1]] })
    expect(items[2].undoneBy).toBe(changes[3])
    expect(nextCursor).toBeNull()
    const page = await html('/projects/p1/versions/pages/menu.html')
    expect(page.text).toContain('Write the menu')
    expect(page.text).toContain('undone since')
    expect(page.text).toContain(`href="/changes/${changes[0]}"`)
  })

  test('of a file that was removed are there, its removal among them', async () => {
    const { items } = await json('versions/gone.txt')
    expect(items.map(({ version, kind, bytes }: Record<string, unknown>) => [version, kind, bytes])).toEqual([
      [2, 'delete', null],
      [1, 'create', 4],
    ])
    expect((await html('/projects/p1/files')).text).toContain('/projects/p1/versions/gone.txt')
    expect((await html('/projects/p1/files/gone.txt?version=1')).text).toContain('the file was removed since')
  })

  test('come in pages', async () => {
    const { items } = await json('versions/pages/menu.html?before=3')
    expect(items.map(({ version }: { version: number }) => version)).toEqual([2, 1])
  })

  test.each([
    ['versions/nope.txt', 404],
    ['versions/%zz', 404],
    ['versions/..%2f..%2fsecret.key', 404],
    ['versions/pages/menu.html?before=x', 422],
    ['diff/nope.txt', 404],
    ['diff/pages/menu.html?from=9', 404],
    ['diff/pages/menu.html?to=9', 404],
    ['diff/pages/menu.html?to=0', 422],
    ['diff/pages/menu.html?context=lots', 422],
    ['blame/nope.txt', 404],
    ['blame/pages/menu.html?version=9', 404],
  ])('%s: %d', async (path, status) => {
    for (const base of ['/api/projects/p1/', '/projects/p1/'])
      expect((await space.ask(base + path)).status).toBe(status)
    expect((await space.ask(`/api/projects/p2/${path}`)).status).toBe(status)
    expect((await space.ask(`/projects/p1/${path}`, { headers: { 'x-stranger': 'yes' } })).status).toBe(303) // to sign in
  })
})

describe('the diff of two versions', () => {
  test('is given in hunks, with what differs in each line', async () => {
    const diff = await json('diff/pages/menu.html?from=1&to=2&context=1')
    expect([diff.added, diff.removed, diff.hunks.length, diff.hunks[0].skipped, diff.skipped]).toEqual([1, 1, 1, 1, 1])
    expect(diff.hunks[0].rows).toEqual([
      { sign: ' ', old: 2, new: 2, text: '<ul>', end: '\n', marks: [] },
      { sign: '-', old: 3, new: null, text: '  <li>Bread</li>', end: '\n', marks: [[6, 11]] },
      { sign: '+', old: null, new: 3, text: '  <li>Fresh bread</li>', end: '\n', marks: [[6, 17]] },
      { sign: ' ', old: 4, new: 4, text: '  <li>Rolls</li>', end: '\n', marks: [] },
    ])
  })

  test('is of the newest version and the one before it where none is named; the first is compared with nothing', async () => {
    expect(await json('diff/pages/menu.html')).toMatchObject({ from: 3, to: 4 })
    expect(await json('diff/pages/menu.html?to=1')).toMatchObject({ from: 0, to: 1, added: 5, removed: 0 })
    expect(await json('diff/gone.txt')).toMatchObject({ from: 1, to: 2, added: 0, removed: 1 })
  })

  test('is a page, side by side or inline, any two versions of it', async () => {
    const split = await html('/projects/p1/diff/pages/menu.html?from=1&to=3')
    expect(split.text).toContain('class="diff is-split"')
    expect(split.text).toContain('<mark>Fresh bread</mark>')
    const inline = await html('/projects/p1/diff/pages/menu.html?from=1&to=3&view=inline')
    expect(inline.text).toContain('class="diff is-inline"')
    expect(inline.text).toContain('<option value="1" selected>')
  })

  test('of pictures is both pictures, and has no hunks in the API', async () => {
    expect(
      (await html('/projects/p1/diff/shop.png')).text.match(
        /<img src="\/api\/projects\/p1\/files\/shop.png\?version=\d"/g,
      ),
    ).toHaveLength(2)
    expect((await json('diff/shop.png')).hunks).toBeNull()
  })

  test('gives the lines that it left out as a part', async () => {
    const response = await space.ask('/projects/p1/diff/pages/menu.html?from=1&to=2&view=inline&lines=1-2')
    const text = await response.text()
    expect(text).not.toContain('<html')
    expect(text.match(/class="whole/g)).toHaveLength(2)
    expect((await space.ask('/projects/p1/diff/pages/menu.html?lines=a-b')).status).toBe(422)
  })
})

describe('who wrote which line', () => {
  test('is told by version; what an undo brings back belongs to who wrote it first', async () => {
    const { groups, since } = await json('blame/pages/menu.html')
    expect(groups.map(({ from, lines, author }: Group) => [from, lines, author.version])).toEqual([
      [1, 5, 1],
      [6, 1, 3],
    ])
    expect(since).toBeNull()
  })

  test('of an older version is of that one', async () => {
    const { groups } = await json('blame/pages/menu.html?version=2')
    expect(groups.map(({ from, lines, author }: Group) => [from, lines, author.version])).toEqual([
      [1, 2, 1],
      [3, 1, 2],
      [4, 2, 1],
    ])
  })

  test('is a page whose groups lead to their changes; of a picture it can’t be told', async () => {
    const page = await html('/projects/p1/blame/pages/menu.html')
    expect(page.text).toContain(`<a href="/changes/${changes[2]}">`)
    expect(page.text).toContain('id="L6"')
    expect((await html('/projects/p1/blame/shop.png')).text).toContain('It can’t be told')
  })
})

test('hostile names and contents are text on every page', async () => {
  const name = encodeURIComponent(EVIL)
  const paths = [
    'files',
    `files?q=${name}`,
    `files/${name}`,
    `files/${name}?version=1`,
    `versions/${name}`,
    `diff/${name}`,
    `diff/${name}?view=inline`,
    `blame/${name}`,
  ]
  for (const path of paths.map((each) => `/projects/p1/${each}`)) {
    const { status, text } = await html(path)
    expect([path, status]).toEqual([path, 200])
    expect(text).not.toMatch(/<script>alert|<img src=x|"><script>| style=| on[a-z]+="/)
    expect(text).not.toContain("' onload")
  }
})

describe('the tree', () => {
  test('holds each file in its folders, with its language, size, version and who changed it last', async () => {
    const { text } = await html('/projects/p1/files')
    expect(text).toMatch(/<summary>.*<bdi>pages<\/bdi>/s)
    expect(text).toContain('<a href="/projects/p1/files/pages/menu.html" ><bdi>menu.html</bdi></a>')
    expect(text).toMatch(/html · \d+ bytes/)
    expect(text).toContain(`href="/changes/${changes[3]}"`)
    expect(text).toContain('>v4<')
  })

  test('is filtered by a part of the path, in whatever case, and says when nothing is left', async () => {
    const some = await html('/projects/p1/files?q=MENU')
    expect([some.text.includes('menu.html'), some.text.includes('shop.png')]).toEqual([true, false])
    const none = await html('/projects/p1/files?q=%3Cb%3E')
    expect(none.text).toContain('No file’s path holds “&lt;b&gt;”')
  })
})

describe('a version is restored', () => {
  const post = (path: string, body: Record<string, unknown>) =>
    space.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(body as Record<string, string>),
    })

  test('as a new change, which says so; the page leads back to the versions', async () => {
    await space.write('notes.md', 'one\n')
    await space.write('notes.md', 'two\n')
    const response = await post('/projects/p1/versions/notes.md', { version: '1', seen: '2' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/projects/p1/versions/notes.md'])
    expect(await (await space.ask('/api/projects/p1/files/notes.md')).text()).toBe('one\n')
    const { items } = await json('versions/notes.md')
    expect(items[0]).toMatchObject({ version: 3, reason: 'Restored version 1 of notes.md', by: 'person:ann' })
  })

  test('also when the file was removed since', async () => {
    await space.write('back.md', 'here\n')
    await space.remove('back.md')
    const response = await space.ask('/api/projects/p1/versions/back.md', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ version: 1, seen: 2 }),
    })
    expect([response.status, await response.json()]).toEqual([201, { change: expect.any(String), version: 3 }])
    expect(await (await space.ask('/api/projects/p1/files/back.md')).text()).toBe('here\n')
  })

  test('never over what somebody else wrote in the meantime', async () => {
    await space.write('both.md', 'one\n')
    await space.write('both.md', 'two\n')
    await space.write('both.md', 'three, by somebody else\n')
    const response = await post('/projects/p1/versions/both.md', { version: '1', seen: '2' })
    expect(response.status).toBe(409)
    expect(await (await space.ask('/api/projects/p1/files/both.md')).text()).toBe('three, by somebody else\n')
  })

  test('but no removal is, and no version that never was', async () => {
    for (const version of ['2', '9'])
      expect((await post('/projects/p1/versions/gone.txt', { version, seen: '2' })).status).toBe(404)
  })
})

test('a job’s change says which job, and which model it asked', async () => {
  await space.db.write((tx) =>
    tx.run(sql`insert into model_calls (id, job_id, purpose, provider, model, opened_at, estimated, priced, input_tokens, output_tokens, cost_micros)
      values ('c1', 'j1', 'write', 'vendor', 'large', 1, 0, 1, 0, 0, 0)`),
  )
  await space.db.write((tx) =>
    tx.run(sql`insert into jobs (id, kind, lane, input, state, run_at, author, created_at, ended_at)
      values ('j1', 'write', 'write', '{}', 'cancelled', 0, 'system', 0, 1)`),
  )
  await space.write('made.md', 'by a job\n', {
    by: 'job:j1',
    job: { id: 'j1', kind: 'write', attempt: 1, startedAt: 0 } as never,
  })
  const { items } = await json('versions/made.md')
  expect(items[0]).toMatchObject({ by: 'job:j1', who: 'the writer', job: 'j1', model: 'vendor/large' })
})
