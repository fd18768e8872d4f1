import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { changes } from '../../../src/changes/tables.ts'
import { filesOf, readFileBytes } from '../../../src/workspace/files.ts'
import { testWorkspace } from '../support.ts'
import { type Lies, type Made, numbers, zipOf } from './zips.ts'

type Space = Awaited<ReturnType<typeof testWorkspace>>

const sendZip = (space: Space, zip: Uint8Array, query = '', project = 'p1') =>
  space.ask(`/api/projects/${project}/imports${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: zip as Uint8Array<ArrayBuffer>,
  })

async function sendFiles(space: Space, files: Record<string, string>, fields: Record<string, string> = {}) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  for (const [name, text] of Object.entries(files)) form.append('files', new File([text], name))
  return space.ask('/api/projects/p1/imports', { method: 'POST', body: form })
}

async function held(space: Space, project = 'p1'): Promise<Record<string, string>> {
  const all = await filesOf(space.read, project)
  const texts = await Promise.all(all.map(async (file) => new TextDecoder().decode(await readFileBytes(space, file))))
  return Object.fromEntries(all.map(({ path }, i) => [path, texts[i]!]))
}

const many = (count: number): Made[] =>
  Array.from({ length: count }, (_, i) => ({ name: `f/${i}.txt`, method: 0, data: `${i}` }))
const SYMLINK = 0o120777
const BOMB = new Uint8Array(65 * 2 ** 20)

/** An end record that says of the bytes before it that they are the directory: there is none, and nothing in it. */
const SECOND_END = (() => {
  const before = zipOf([{ name: 'a' }]).length
  return numbers(4, 0x06054b50, 2, 0, 2, 0, 2, 0, 2, 0, 4, 0, 4, before, 2, 0)
})()

interface Refused {
  what: string
  made: Made[]
  lies?: Lies
  code: string
  status?: number
}

const REFUSED: Refused[] = [
  { what: 'a name that climbs out', made: [{ name: '../evil.txt' }], code: 'bad_path' },
  { what: 'a name that climbs out later', made: [{ name: 'a/../../evil.txt' }], code: 'bad_path' },
  { what: 'an absolute name', made: [{ name: '/etc/passwd' }], code: 'bad_path' },
  { what: 'a drive letter', made: [{ name: 'C:/x.txt' }], code: 'bad_path' },
  { what: 'a backslash', made: [{ name: '..\\evil.txt' }], code: 'bad_path' },
  { what: 'a NUL in a name', made: [{ name: 'a.txt\0.png' }], code: 'bad_path' },
  { what: 'a name that Windows keeps', made: [{ name: 'con.txt' }], code: 'bad_path' },
  { what: 'a name that turns the text around', made: [{ name: 'a\u202Egnp.exe' }], code: 'bad_path' },
  { what: 'Git’s folder in disguise', made: [{ name: 'GIT~1/hooks/x' }], code: 'bad_path' },
  { what: 'a good name beside a bad one', made: [{ name: 'good.txt', data: 'x' }, { name: '../b' }], code: 'bad_path' },
  { what: 'a link', made: [{ name: 'link', data: '/etc/passwd', mode: SYMLINK }], code: 'import_link' },
  { what: 'a device', made: [{ name: 'null', mode: 0o020666 }], code: 'import_link' },
  { what: 'a pipe', made: [{ name: 'pipe', mode: 0o010644 }], code: 'import_link' },
  { what: 'one name twice', made: [{ name: 'a.txt' }, { name: 'a.txt' }], code: 'import_collides' },
  { what: 'names that differ in case alone', made: [{ name: 'A/x' }, { name: 'a/X' }], code: 'import_collides' },
  { what: 'one letter in two forms', made: [{ name: '\u00e4' }, { name: 'a\u0308' }], code: 'import_collides' },
  { what: 'a file that is a folder too', made: [{ name: 'a/b' }, { name: 'A' }], code: 'import_collides' },
  { what: 'a folder that is a file too', made: [{ name: 'a' }, { name: 'A/b' }], code: 'import_collides' },
  { what: 'more than 10,000 files', made: many(10_001), code: 'import_too_many', status: 413 },
  { what: 'far more than its size', made: [{ name: 'zeros', data: BOMB }], code: 'zip_bomb' },
  {
    what: 'files that lie over each other',
    made: [
      { name: 'a', method: 0, data: 'x'.repeat(100) },
      { name: 'b', at: 10, method: 0, data: 'x' },
    ],
    code: 'zip_overlapping',
  },
  {
    what: 'one body for two names',
    made: [
      { name: 'a', data: 'x' },
      { name: 'b', at: 0, data: 'x' },
    ],
    code: 'zip_overlapping',
  },
  {
    what: 'a body that goes on into the directory',
    made: [{ name: 'a', method: 0, data: 'x', packed: 30, size: 30 }],
    code: 'zip_overlapping',
  },
  { what: 'a size that is too small', made: [{ name: 'a', data: 'x'.repeat(5_000), size: 10 }], code: 'zip_damaged' },
  { what: 'a size that is too large', made: [{ name: 'a', data: 'x', size: 10 }], code: 'zip_damaged' },
  { what: 'a wrong sum', made: [{ name: 'a', data: 'x', crc: 1 }], code: 'zip_damaged' },
  { what: 'bytes that are not deflated', made: [{ name: 'a', data: 'x', packed: 2 }], code: 'zip_damaged' },
  { what: 'another name in the file’s own header', made: [{ name: 'a', localName: 'b' }], code: 'zip_ambiguous' },
  { what: 'fewer files than it says', made: [{ name: 'a' }], lies: { count: 2 }, code: 'zip_unreadable' },
  { what: 'more files than it says', made: [{ name: 'a' }, { name: 'b' }], lies: { count: 1 }, code: 'zip_ambiguous' },
  {
    what: 'bytes between its directory and its end',
    made: [{ name: 'a' }],
    lies: { gap: numbers(4, 0) },
    code: 'zip_ambiguous',
  },
  {
    what: 'a directory of another length than it says',
    made: [{ name: 'a' }],
    lies: { length: 20 },
    code: 'zip_ambiguous',
  },
  {
    what: 'a second end in its comment, as good as the first',
    made: [{ name: 'a' }],
    lies: { comment: SECOND_END },
    code: 'zip_ambiguous',
  },
  {
    what: 'a second zip in its comment',
    made: [{ name: 'a' }],
    lies: { comment: zipOf([{ name: 'b' }]) },
    code: 'zip_ambiguous',
  },
  { what: 'a part of several', made: [{ name: 'a' }], lies: { disk: 1 }, code: 'zip_unsupported' },
  {
    what: 'the 64-bit form',
    made: [{ name: 'a' }],
    lies: { gap: numbers(4, 0x07064b50, 4, 0, 8, 0, 4, 1) },
    code: 'zip_unsupported',
  },
  { what: 'a method that is not known', made: [{ name: 'a', method: 12 }], code: 'zip_unsupported' },
  { what: 'a password', made: [{ name: 'a', flags: 0x801 }], code: 'zip_encrypted' },
  { what: 'strong encryption', made: [{ name: 'a', flags: 0x841 }], code: 'zip_unreadable' },
  {
    what: 'a name that is no UTF-8 though it says so',
    made: [{ name: Uint8Array.of(0xff, 0xfe) }],
    code: 'zip_unreadable',
  },
  { what: 'no file', made: [], code: 'import_empty' },
  { what: 'nothing but what is left out', made: [{ name: '.git/HEAD' }], code: 'import_empty' },
]

describe('a zip is refused in words that has', () => {
  let space: Space // one for all: nothing of it may change
  beforeAll(async () => {
    space = await testWorkspace()
    await space.write('before.txt', 'kept')
  })
  afterAll(() => space[Symbol.asyncDispose]())

  test.each(REFUSED)('$what', async ({ made, lies, code, status = 422 }) => {
    const response = await sendZip(space, zipOf(made, lies))
    const problem = (await response.json()) as { code: string; detail: string }
    expect([response.status, problem.code]).toEqual([status, code])
    expect(problem.detail).toMatch(/^[A-Z“].+\.$/)
    expect(await held(space)).toEqual({ 'before.txt': 'kept' })
    expect(readdirSync(join(space.folder, 'imports'))).toEqual([])
  })

  test('no end', async () => {
    const zip = zipOf([{ name: 'a', data: 'x'.repeat(1000) }])
    for (const cut of [0, 10, zip.length - 30, zip.length - 1])
      expect(await (await sendZip(space, zip.subarray(0, cut))).json()).toMatchObject({ code: 'zip_unreadable' })
  })
})

describe('a zip is taken', () => {
  test('with names of any script, empty files, folders, and bytes as they are', async () => {
    await using space = await testWorkspace()
    const zip = zipOf([
      { name: 'pages/', mode: 0o040755 },
      { name: 'pages/menü 🥐.html', data: '<p>Brot' },
      { name: 'empty.txt' },
      { name: 'stored.txt', method: 0, data: 'as it is' },
      { name: './dot.txt', data: '.' },
    ])
    const response = await sendZip(space, zip)
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ project: 'p1', written: 4, unchanged: 0, leftOut: [] })
    expect(await held(space)).toEqual({
      'dot.txt': '.',
      'empty.txt': '',
      'pages/menü 🥐.html': '<p>Brot',
      'stored.txt': 'as it is',
    })
  })

  test('with names in the code page of the first PCs, in UTF-8 that is not said, and in the field for it', async () => {
    await using space = await testWorkspace()
    const old = Uint8Array.from([0x81, 0x2e, 0x74, 0x78, 0x74])
    const said = Buffer.from('ё.txt')
    const field = (raw: Uint8Array) =>
      Uint8Array.from([...numbers(2, 0x7075, 2, 5 + said.length, 1, 1, 4, crc32(raw)), ...said])
    const ascii = Buffer.from('x.txt')
    const made = [
      { name: old, flags: 0, data: '1' },
      { name: 'é.txt', flags: 0, data: '2' },
      { name: ascii, flags: 0, data: '3', extra: field(ascii) },
    ]
    // The tests' builder writes names as they are: the local header has the same bytes.
    expect((await sendZip(space, zipOf(made as Made[]))).status).toBe(201)
    expect(Object.keys(await held(space)).sort()).toEqual(['é.txt', 'ü.txt', 'ё.txt'].sort())
  })

  test('that another program has made, also one that was streamed', async () => {
    await using space = await testWorkspace()
    if (!Bun.which('zip')) return
    await Bun.write(join(space.folder, 'tree/a/b.txt'), 'deep')
    await Bun.write(join(space.folder, 'tree/ü.txt'), 'x'.repeat(100_000))
    const streamed = await Bun.$`cd ${join(space.folder, 'tree')} && zip -qr - . | cat`.quiet()
    const plain = await Bun.$`cd ${join(space.folder, 'tree')} && zip -qr ../plain.zip . && cat ../plain.zip`.quiet()
    expect((await sendZip(space, new Uint8Array(plain.stdout))).status).toBe(201)
    expect(await (await sendZip(space, new Uint8Array(streamed.stdout))).json()).toMatchObject({
      written: 0,
      unchanged: 2,
    })
    expect((await held(space))['a/b.txt']).toBe('deep')
  })

  test('without the folders of tools and what desktops leave, which is said', async () => {
    await using space = await testWorkspace()
    const names = [
      'a.txt',
      '.git/config',
      'x/.git',
      'node_modules/a/i.js',
      'node_modules/b/i.js',
      '.DS_Store',
      '__MACOSX/._a',
      '.gitignore',
    ]
    const response = await sendZip(space, zipOf(names.map((name) => ({ name, data: name }))))
    expect(await response.json()).toMatchObject({
      written: 2,
      leftOut: [
        { what: '.git/', files: 2 },
        { what: 'node_modules/', files: 2 },
        { what: '.DS_Store', files: 1 },
        { what: '__MACOSX/', files: 1 },
      ],
    })
    expect(Object.keys(await held(space))).toEqual(['.gitignore', 'a.txt'])
  })

  test('and a zip in it is a file', async () => {
    await using space = await testWorkspace()
    const inner = zipOf([{ name: '../evil', data: BOMB }])
    expect((await sendZip(space, zipOf([{ name: 'inner.zip', method: 0, data: inner }]))).status).toBe(201)
    expect((await filesOf(space.read, 'p1')).map(({ path }) => path)).toEqual(['inner.zip'])
  })

  test('without the one folder around it, when that is wished', async () => {
    await using space = await testWorkspace()
    const zip = zipOf([
      { name: 'site-main/index.html', data: 'x' },
      { name: 'site-main/a/b', data: 'y' },
    ])
    await sendZip(space, zip, '?unwrap=true')
    expect(Object.keys(await held(space))).toEqual(['a/b', 'index.html'])
  })

  test('and what was downloaded comes back equal, byte by byte', async () => {
    await using space = await testWorkspace()
    const files = {
      'README.md': '# Crumb\r\n\n',
      'empty.txt': '',
      'images/krümel 🥐.png': Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) >> 3),
      'big.bin': new Uint8Array(2 * 2 ** 20).fill(7),
      'big.png': Uint8Array.from({ length: 2 * 2 ** 20 }, (_, i) => (i * 7919) >> 3),
      'a b/ü/ё.txt': 'z',
    }
    for (const [path, content] of Object.entries(files)) await space.write(path, content)
    const download = await space.ask('/api/projects/p1/zip')
    expect(download.headers.get('content-type')).toBe('application/zip')
    expect((await sendZip(space, await download.bytes(), '', 'p2')).status).toBe(201)
    const facts = async (project: string) => (await filesOf(space.read, project)).map(({ path, hash }) => [path, hash])
    expect(await facts('p2')).toEqual(await facts('p1'))
  })
})

describe('files that are there', () => {
  const NEW = { 'top/a.txt': 'new', 'top/b.txt': 'same', 'top/c.txt': 'c' }
  const withSome = async () => {
    const space = await testWorkspace()
    await space.write('A.txt', 'old')
    await space.write('b.txt', 'same')
    return space
  }

  test('with other content are named, and nothing happens', async () => {
    await using space = await withSome()
    const response = await sendFiles(space, NEW)
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({ code: 'import_conflicts', context: { count: 1, paths: ['A.txt'] } })
    expect(Object.keys(await held(space))).toEqual(['A.txt', 'b.txt'])
  })

  test.each([
    ['replace', { 'A.txt': 'new', 'b.txt': 'same', 'c.txt': 'c' }, { written: 2, unchanged: 1 }],
    ['skip', { 'A.txt': 'old', 'b.txt': 'same', 'c.txt': 'c' }, { written: 1, skipped: 1 }],
    [
      'keep-both',
      { 'A.txt': 'old', 'a (2).txt': 'new', 'b.txt': 'same', 'c.txt': 'c' },
      { written: 2, renamed: [{ from: 'a.txt', to: 'a (2).txt' }] },
    ],
  ])('are treated as is wished: %s', async (mode, after, said) => {
    await using space = await withSome()
    const response = await sendFiles(space, NEW, { mode })
    expect([response.status, await response.json()]).toEqual([201, expect.objectContaining(said)])
    expect(await held(space)).toEqual(after)
  })

  test('come back all at once, when the one change that replaced them is undone', async () => {
    await using space = await withSome()
    const { change } = (await (await sendFiles(space, NEW, { mode: 'replace' })).json()) as { change: string }
    expect(await held(space)).toEqual({ 'A.txt': 'new', 'b.txt': 'same', 'c.txt': 'c' })
    const undone = await space.ask(`/api/changes/${change}/reversal`, { method: 'POST' })
    expect(undone.status).toBe(201)
    expect(await held(space)).toEqual({ 'A.txt': 'old', 'b.txt': 'same' })
  })

  test('and equal make no change at all', async () => {
    await using space = await withSome()
    const before = await space.read.select().from(changes)
    expect(await (await sendFiles(space, { 'x/b.txt': 'same' })).json()).toMatchObject({ change: null, unchanged: 1 })
    expect(await space.read.select().from(changes)).toEqual(before)
  })

  test('in the place of a folder are never replaced', async () => {
    await using space = await withSome()
    expect((await sendFiles(space, { 'x/b.txt/deep': 'x', 'x/z': 'z' }, { mode: 'replace' })).status).toBe(409)
    expect(Object.keys(await held(space))).toEqual(['A.txt', 'b.txt'])
  })
})

describe('an import over HTTP', () => {
  test('of unknown kind, mode or project is refused', async () => {
    await using space = await testWorkspace()
    const post = (path: string, type: string, body: string) =>
      space.ask(path, { method: 'POST', headers: { 'content-type': type }, body })
    const code = async (response: Response) => ((await response.json()) as { code: string }).code
    expect(await code(await post('/api/projects/p1/imports', 'text/plain', 'x'))).toBe('import_body')
    expect(await code(await post('/api/projects/p1/imports?mode=all', 'application/zip', 'x'))).toBe('unknown_mode')
    expect(await code(await post('/api/projects/nope/imports', 'application/zip', 'x'))).toBe('unknown_project')
    expect(await code(await post('/api/projects/p1/imports', 'multipart/form-data; boundary=x', '--x\r\n'))).toBe(
      'import_body',
    )
  })

  test('starts a project of its own, of which nothing is planned', async () => {
    await using space = await testWorkspace()
    const form = new FormData()
    form.append('zip', new File([zipOf([{ name: 'index.html', data: '<h1>' }])], 'Bäckerei.zip'))
    const response = await space.ask('/api/imports', { method: 'POST', body: form })
    const { project } = (await response.json()) as { project: string }
    expect(response.status).toBe(201)
    expect(await held(space, project)).toEqual({ 'index.html': '<h1>' })
    expect((await space.told()).filter(({ scope }) => scope === project).map(({ type }) => type)).toEqual([
      'project.created',
      'change.applied',
      'file.written',
      'change.applied',
    ])
  })

  test('works from a form without script, and says what became of it', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', 'old')
    const post = (fields: Record<string, string>) => {
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.set(name, value)
      form.append('zip', new File([zipOf([{ name: 'a.txt', data: 'new' }, { name: '.git/x' }])], 'a.zip'))
      form.append('files', new File([], ''))
      return space.ask('/projects/p1/imports', {
        method: 'POST',
        body: form,
        headers: { 'sec-fetch-site': 'same-origin' },
      })
    }
    expect(await (await space.ask('/projects/p1/imports')).text()).toContain('enctype="multipart/form-data"')
    const asked = await post({ mode: '' })
    expect([asked.status, await asked.text()]).toEqual([
      409,
      expect.stringMatching(/already with other content[\s\S]*a\.txt/),
    ])
    const done = await post({ mode: 'replace' })
    expect([done.status, await done.text()]).toEqual([200, expect.stringMatching(/1 file imported\.[\s\S]*\.git\//)])
  })
})
