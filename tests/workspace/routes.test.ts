import { describe, expect, test } from 'bun:test'
import { unzipSync } from 'fflate'
import type { Change } from '../../src/changes/tables.ts'
import { testWorkspace } from './support.ts'

const PAGE = '<!doctype html><script>alert(1)</script>'

interface Answer {
  name: string
  path: string
  headers?: Record<string, string>
  status: number
  has?: (string | RegExp)[]
  hasNot?: (string | RegExp)[]
  with?: Record<string, string | RegExp>
}

const RAW: Answer[] = [
  {
    name: 'a page is plain text here, in a sandbox',
    path: '/api/projects/p1/files/index.html',
    status: 200,
    has: [PAGE],
    with: {
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': /^sandbox; default-src 'none'/,
      'x-content-type-options': 'nosniff',
      etag: '"2"',
      'content-length': String(PAGE.length),
    },
  },
  {
    name: 'a script is no script here',
    path: '/api/projects/p1/files/app.js',
    status: 200,
    with: { 'content-type': /^text\/plain/ },
  },
  {
    name: 'an SVG is drawn, but not opened',
    path: '/api/projects/p1/files/logo.svg',
    status: 200,
    with: {
      'content-type': 'image/svg+xml',
      'content-disposition': /^attachment; filename="logo.svg"/,
      'content-security-policy': /^sandbox/,
    },
  },
  {
    name: 'a picture is shown',
    path: '/api/projects/p1/files/images/hero.png',
    status: 200,
    with: { 'content-type': 'image/png', 'content-disposition': /^inline/ },
  },
  { name: 'a name of any script travels', path: '/api/projects/p1/files/men%C3%BC%20%22a%22.md', status: 404 },
  {
    name: 'a name beyond ASCII is found and sent in both forms',
    path: '/api/projects/p1/files/caf%C3%A9.md',
    status: 200,
    has: ['Kaffee'],
    with: { 'content-disposition': 'inline; filename="caf_.md"; filename*=UTF-8\'\'caf%C3%A9.md' },
  },
  {
    name: 'the decomposed form of a name finds it too',
    path: '/api/projects/p1/files/cafe%CC%81.md',
    status: 200,
    has: ['Kaffee'],
  },
  {
    name: 'an older version is there by its number',
    path: '/api/projects/p1/files/index.html?version=1',
    status: 200,
    has: ['old'],
    hasNot: ['alert'],
    with: { etag: '"1"' },
  },
  {
    name: 'a version that never was is not found',
    path: '/api/projects/p1/files/index.html?version=9',
    status: 404,
    has: ['unknown_file'],
  },
  {
    name: 'a version that is no number is invalid',
    path: '/api/projects/p1/files/index.html?version=x',
    status: 422,
    has: ['invalid_input'],
  },
  {
    name: 'who has it gets nothing again',
    path: '/api/projects/p1/files/index.html',
    headers: { 'if-none-match': 'W/"1", "2"' },
    status: 304,
    hasNot: [/./],
    with: { etag: '"2"' },
  },
  {
    name: 'who has an older one gets it',
    path: '/api/projects/p1/files/index.html',
    headers: { 'if-none-match': '"1"' },
    status: 200,
    has: [PAGE],
  },
  {
    name: 'an unknown file is not found',
    path: '/api/projects/p1/files/nope.html',
    status: 404,
    has: ['unknown_file'],
    hasNot: ['data', 'blobs'],
  },
  { name: 'no file at all is not found', path: '/api/projects/p1/files/', status: 404 },
  {
    name: 'an unknown project is not found',
    path: '/api/projects/nope/files/index.html',
    status: 404,
    has: ['unknown_project'],
  },
  {
    name: "another project's file is not found",
    path: '/api/projects/p2/files/index.html',
    status: 404,
    has: ['unknown_file'],
  },
  {
    name: 'a stranger learns nothing',
    path: '/api/projects/p1/files/index.html',
    headers: { 'x-stranger': 'yes' },
    status: 401,
    hasNot: ['alert'],
  },
]

const OUTSIDE = [
  '..%2f..%2fsecret.key',
  '%2e%2e%2fsecret.key',
  '%2e%2e/secret.key',
  '..%5csecret.key',
  '....//secret.key',
  '%252e%252e%252fsecret.key',
  '/etc/passwd',
  '%2fetc%2fpasswd',
  'file:%2f%2f%2fetc%2fpasswd',
  '%00',
  '%zz',
  'index.html%00.png',
  'C:%5cwindows',
]

async function filled() {
  const space = await testWorkspace()
  await space.write('index.html', 'old')
  await space.write('index.html', PAGE)
  await space.write('app.js', 'alert(2)\n')
  await space.write('logo.svg', '<svg onload="alert(3)"/>')
  await space.write('images/hero.png', new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0]))
  await space.write('café.md', 'Kaffee')
  await space.write('secret.txt', 'of the other project', { project: 'p2' })
  return space
}

async function checkAnswer(response: Response, wanted: Answer): Promise<void> {
  const text = await response.text()
  expect(response.status).toBe(wanted.status)
  for (const part of wanted.has ?? []) expect(text).toMatch(part)
  for (const part of wanted.hasNot ?? []) expect(text).not.toMatch(part)
  for (const [name, value] of Object.entries(wanted.with ?? {})) expect(response.headers.get(name)).toMatch(value)
  expect(response.headers.get('set-cookie')).toBeNull()
}

describe('bytes of a file:', () => {
  test.each(RAW)('$name', async (wanted) => {
    await using space = await filled()
    await checkAnswer(await space.ask(wanted.path, { headers: wanted.headers ?? {} }), wanted)
  })

  test.each(OUTSIDE)('“%s” reaches nothing', async (rest) => {
    await using space = await filled()
    for (const base of ['/api/projects/p1/files/', '/projects/p1/files/']) {
      const response = await space.ask(base + rest)
      expect(response.status).toBe(404)
      expect(await response.text()).not.toMatch(/root:|alert\(/)
    }
  })
})

test('content that is gone from the disk is a clear error, not an empty file', async () => {
  await using space = await filled()
  await space.lose('app.js')
  const response = await space.ask('/api/projects/p1/files/app.js')
  expect(response.status).toBe(500)
  expect(await response.json()).toMatchObject({ code: 'blob_missing' })
  const shown = await space.preview.handle(new Request(`http://preview.test${space.preview.path('p1', 'app.js')}`))
  expect([shown.status, (await shown.text()).includes('gone from the disk')]).toEqual([500, true])
})

describe('the viewer', () => {
  test('shows a file highlighted, and nothing of it acts', async () => {
    await using space = await filled()
    const response = await space.ask('/projects/p1/files/index.html', { headers: { 'hx-request-type': 'partial' } })
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(html).toContain('tok-')
    expect(html).toContain('version 2')
    expect(html).toContain('/api/projects/p1/files/index.html')
    expect(html).not.toContain('<script>alert')
  })

  test('shows a picture as a picture, and bytes not at all', async () => {
    await using space = await filled()
    await space.write('data.txt', 'a\0b')
    const of = async (path: string) => (await space.ask(`/projects/p1/files/${path}`)).text()
    expect(await of('images/hero.png')).toContain('<img src="/api/projects/p1/files/images/hero.png"')
    expect(await of('logo.svg')).not.toContain('onload')
    expect(await of('data.txt')).toContain('Download it')
  })

  test('of a file that is not there is a page that says so', async () => {
    await using space = await filled()
    const response = await space.ask('/projects/p1/files/nope.html', { headers: { accept: 'text/html' } })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toContain('text/html')
  })
})

test('the download is a zip of all files, by the name of the project', async () => {
  await using space = await filled()
  const response = await space.ask('/projects/p1/zip')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/zip')
  expect(response.headers.get('content-disposition')).toContain(
    "filename*=UTF-8''Crumb%20%26%20Co%20%E2%80%9Cp1%E2%80%9D.zip",
  )
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()))
  expect(Object.keys(files)).toEqual(['app.js', 'café.md', 'images/hero.png', 'index.html', 'logo.svg'])
  expect((await space.ask('/projects/nope/zip')).status).toBe(404)
})

describe('changes', () => {
  test('come newest first, in pages', async () => {
    await using space = await filled()
    const first = await (await space.ask('/api/projects/p1/changes?limit=4')).json()
    const rest = await (await space.ask(`/api/projects/p1/changes?limit=4&before=${first.nextCursor}`)).json()
    const paths = [...first.items, ...rest.items].map(({ operations }: Change) => operations[0]!.entityId)
    expect(paths).toEqual(['café.md', 'images/hero.png', 'logo.svg', 'app.js', 'index.html', 'index.html'])
    expect(rest.nextCursor).toBeNull()
    expect(first.items[0]).toMatchObject({
      project: 'p1',
      by: 'person:ann',
      operations: [{ entity: 'file', version: 1, before: null }],
    })
    expect(first.items[0].seq).toBeUndefined()
  })

  test.each([
    ['/api/projects/nope/changes', 404],
    ['/api/projects/p1/changes?limit=0', 422],
    ['/api/projects/p1/changes?limit=x', 422],
    ['/api/projects/p1/changes?before=nope', 404],
  ])('%s: %d', async (path, status) => {
    await using space = await filled()
    expect((await space.ask(path)).status).toBe(status)
  })

  test('are undone by a reversal, once', async () => {
    await using space = await filled()
    const { items } = await (await space.ask('/api/projects/p1/changes')).json()
    const newest = items.find(({ operations }: Change) => operations[0]?.entityId === 'index.html')
    const undo = () => space.ask(`/api/changes/${newest.id}/reversal`, { method: 'POST' })

    const made = await undo()
    expect(made.status).toBe(201)
    expect(await made.json()).toMatchObject({
      change: { undoes: [newest.id], operations: [{ version: 3 }], by: 'person:ann' },
    })
    expect(await (await space.ask('/api/projects/p1/files/index.html')).text()).toBe('old')
    const again = await undo()
    expect(again.status).toBe(409)
    expect(await again.json()).toMatchObject({ code: 'already_undone' })
  })

  test('that are unknown, or of a stranger, stay as they are', async () => {
    await using space = await filled()
    expect((await space.ask('/api/changes/nope/reversal', { method: 'POST' })).status).toBe(404)
    const { items } = await (await space.ask('/api/projects/p1/changes')).json()
    const asStranger = { method: 'POST', headers: { 'x-stranger': 'yes' } }
    expect((await space.ask(`/api/changes/${items[0].id}/reversal`, asStranger)).status).toBe(401)
  })

  test('are undone from a page, which leads back to the project', async () => {
    await using space = await filled()
    const { items } = await (await space.ask('/api/projects/p1/changes')).json()
    const response = await space.ask(`/changes/${items[0].id}/reversal`, { method: 'POST' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/projects/p1'])
  })
})
