import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DomainError } from '../../../src/errors.ts'
import type { Outcome } from '../../../src/sandbox/outcome.ts'
import { MADE } from '../../files/scan/corpus.ts'
import { commandLines } from '../../sandbox/support.ts'
import { type TestApp, testApp } from '../../support/app.ts'
import { openClient } from '../../support/client.ts'
import { dataDirectory, startServer } from '../../support/server.ts'

/** For tests that start two servers of their own. */
const SERVER_MS = 30_000

/** A project with nothing but these files. */
async function projectWith(app: TestApp, files: Record<string, string>): Promise<string> {
  const { project } = await app.make('a program', { autorun: false })
  await app.settled(project.id)
  for (const [path, text] of Object.entries(files)) await put(app, project.id, path, text)
  return project.id
}

async function put(app: TestApp, project: string, path: string, text: string): Promise<void> {
  const { changes, blobs, db } = app.app
  const blob = await blobs.put(text)
  await db.write((tx) =>
    changes.apply(tx, {
      scope: project,
      by: 'person:test',
      reason: 'Put it there',
      edits: [{ do: 'put', entity: 'file', id: path, state: { ...blob } }],
    }),
  )
}

async function start(app: Pick<TestApp, 'post'>, project: string, command: string, more: object = {}): Promise<string> {
  const response = await app.post(`/api/projects/${project}/executions`, { command, ...more })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { job: { id: string } }).job.id
}

async function run(app: TestApp, project: string, command: string, more: object = {}) {
  const id = await start(app, project, command, more)
  using reading = await app.follow(`/api/jobs/${id}/events`)
  await reading.until(
    ({ type }) => ['job.succeeded', 'job.failed', 'job.held', 'job.cancelled'].includes(type),
    'its end',
  )
  return { job: (await app.json(`/api/jobs/${id}`)).job, lines: reading.lines }
}

async function textOf(app: TestApp, project: string, path: string): Promise<string | null> {
  const response = await app.request(`/api/projects/${project}/files/${path}`)
  return response.ok ? response.text() : null
}

describe('a command that a person runs', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await testApp()
  })
  afterAll(() => app[Symbol.asyncDispose]())

  test('streams its output, and says how it ended', async () => {
    const project = await projectWith(app, { 'main.py': 'print("hello from", __file__)\nraise SystemExit(4)\n' })
    const { job, lines } = await run(app, project, 'python3 main.py')
    expect(job.state).toBe('succeeded')
    expect(job.result.end).toEqual({ why: 'exit', code: 4 })
    expect(job.result.output).toBe('hello from /work/main.py\n')
    const said = lines.filter(({ type }) => type === 'delta').map(({ text }) => text)
    expect(said.join('')).toBe('hello from /work/main.py\n')
    expect(lines.filter(({ type }) => type === 'job.phase').map(({ phase }) => phase)).toEqual(['gathering', 'running'])
    expect((await app.json(`/api/projects/${project}`)).project.status).toBe('ready')
  })

  test('brings new and changed files back as one change that can be undone', async () => {
    const project = await projectWith(app, { 'a.txt': 'old\n', 'b.txt': 'stays\n' })
    const line =
      'echo new >> a.txt; mkdir -p out node_modules/x; echo 1 > out/c.txt; echo x > node_modules/x/y; rm b.txt; ln -s / root'
    const { job } = await run(app, project, line)
    expect(job.result).toMatchObject({ files: ['a.txt', 'out/c.txt'], gone: ['b.txt'], refused: null })
    expect(job.result.left).toEqual([{ path: 'root', why: expect.any(String) }])
    expect(await textOf(app, project, 'a.txt')).toBe('old\nnew\n')
    expect(await textOf(app, project, 'out/c.txt')).toBe('1\n')
    expect(await textOf(app, project, 'b.txt')).toBe('stays\n')
    expect(await textOf(app, project, 'node_modules/x/y')).toBeNull()

    const { items } = await app.json(`/api/projects/${project}/changes`)
    expect(items[0]).toMatchObject({ by: `job:${job.id}`, reason: `Ran ${line}`.slice(0, 200) })
    expect((await app.post(`/api/changes/${items[0].id}/reversal`)).status).toBe(201)
    expect(await textOf(app, project, 'a.txt')).toBe('old\n')
    expect(await textOf(app, project, 'out/c.txt')).toBeNull()
  })

  test('brings no secret back that was not there: the file is left, with the reason and without the secret', async () => {
    const key = MADE.stripe!()
    const known = `const key = '${key}'\n`
    const project = await projectWith(app, {
      'known.js': known,
      'half.txt': key.slice(0, 12),
      'rest.txt': key.slice(12),
    })
    await app.request(`/api/projects/${project}/settings`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ scan: { secrets: { high: 'block' }, danger: { high: 'note' } } }),
    })
    const command = `printf "const k = '%s%s'\\n" "$(cat half.txt)" "$(cat rest.txt)" > new.js; echo fine > fine.txt`
    let { job } = await run(app, project, command)
    expect(job.state).toBe('held') // the key that is there is asked about
    await app.post(`/api/jobs/${job.id}/retry`)
    while (job.state !== 'succeeded') {
      await Bun.sleep(20)
      job = (await app.json(`/api/jobs/${job.id}`)).job
    }
    expect(job.result.files).toEqual(['fine.txt'])
    expect(job.result.left).toMatchObject([{ path: 'new.js', why: expect.stringMatching(/^line 1: /) }])
    expect(JSON.stringify(job.result)).not.toContain(key)
    expect(await textOf(app, project, 'new.js')).toBeNull()
    expect(await textOf(app, project, 'known.js')).toBe(known)
  })

  test('brings nothing back when it is told not to', async () => {
    const project = await projectWith(app, { 'a.txt': 'old\n' })
    const { job } = await run(app, project, 'echo new > a.txt', { keeps: false })
    expect(job.result).toMatchObject({ files: [], end: { why: 'exit', code: 0 } })
    expect(await textOf(app, project, 'a.txt')).toBe('old\n')
  })

  test('ends within its time, and when it is cancelled', async () => {
    const project = await projectWith(app, {})
    const { job } = await run(app, project, 'echo a; sleep 60.5', { seconds: 1 })
    expect(job.result.end).toEqual({ why: 'time', said: 'It ran longer than 1 seconds and was stopped.' })
    const id = await start(app, project, 'echo up; sleep 60.5')
    using reading = await app.follow(`/api/jobs/${id}/events`)
    await reading.until(({ type }) => type === 'delta')
    expect((await app.post(`/api/jobs/${id}/cancellation`)).status).toBe(202)
    await reading.until(({ type }) => type === 'job.cancelled')
  })

  test('shows what it says as text, whatever that is', async () => {
    const project = await projectWith(app, { evil: '\x1b[31m<script>alert(1)</script>\x1b]0;x\x07\u202E\n' })
    const { job } = await run(app, project, 'cat evil; printf "\\377\\376"')
    expect(job.result.output).toBe('<script>alert(1)</script>\n\uFFFD\uFFFD')
    const page = await (await app.request(`/jobs/${job.id}`)).text()
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).not.toContain('<script>alert')
    expect(page).toContain('Exit code 0')
  })

  test('asks before it runs what the project’s policy asks about, and runs it for whoever tries again', async () => {
    const project = await projectWith(app, { 'a.py': 'import os, sys\nos.system("echo " + sys.argv[1])\n' })
    const { job } = await run(app, project, 'python3 a.py hello')
    expect(job).toMatchObject({ state: 'held', error: { code: 'danger_in_files' } })
    expect(job.error.message).toContain('a.py, line 2')
    using reading = await app.follow(`/api/jobs/${job.id}/events`)
    await app.post(`/api/jobs/${job.id}/retry`)
    await reading.until(({ type }) => type === 'job.succeeded')
    expect((await app.json(`/api/jobs/${job.id}`)).job.result.output).toBe('hello\n')
  })

  test('is refused to who may only read', async () => {
    const project = await projectWith(app, {})
    const viewer = { email: 'vi@example.org', password: 'a long enough sentence', role: 'viewer' }
    for (const account of [{ ...viewer, email: 'ada@example.org', role: undefined }, viewer])
      expect((await app.post('/api/accounts', account)).status).toBe(201)
    const made = await app.post('/api/tokens', { name: 'eyes', account: viewer.email })
    const { secret } = (await made.json()) as { secret: string }
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
    const path = `/api/projects/${project}/executions`
    expect((await app.request(path, { headers })).status).toBe(200)
    const body = JSON.stringify({ command: 'true' })
    expect((await app.request(path, { method: 'POST', headers, body })).status).toBe(403)
  })

  test('is refused when it is no line of shell', async () => {
    const project = await projectWith(app, {})
    for (const command of ['', ' ', 'x'.repeat(5_000), 'a\0b'])
      expect((await app.post(`/api/projects/${project}/executions`, { command })).status).toBe(422)
    expect((await app.post('/api/projects/none/executions', { command: 'ls' })).status).toBe(404)
  })
})

test('nothing is taken back over what somebody has changed while the command ran', async () => {
  const ended = Promise.withResolvers<Outcome>()
  const outcome: Outcome = { end: { why: 'exit', code: 0 }, durationMs: 1, tail: '', outputBytes: 0 }
  const changed = new Map(['a.txt', 'b.txt'].map((path) => [path, Buffer.from('mine\n')]))
  const sandbox = { available: async () => ({ kind: 'bubblewrap' }) as const, run: () => ended.promise }
  await using app = await testApp({ sandbox })
  const project = await projectWith(app, { 'a.txt': 'old\n' })
  const id = await start(app, project, 'make a and b')
  using reading = await app.follow(`/api/jobs/${id}/events`)
  await reading.until(({ type, phase }) => type === 'job.phase' && phase === 'running')
  await put(app, project, 'a.txt', 'theirs\n')
  ended.resolve({ ...outcome, back: { changed, gone: [], left: [] } })
  await reading.until(({ type }) => type === 'job.failed')
  expect((await app.json(`/api/jobs/${id}`)).job.error.code).toBe('version_conflict')
  expect(await textOf(app, project, 'a.txt')).toBe('theirs\n')
  expect(await textOf(app, project, 'b.txt')).toBeNull()
})

test('where there is no sandbox the page says how to get one, and a command is refused in the same words', async () => {
  const why = 'Nothing that was generated is run on this machine: bubblewrap is not installed.'
  const refuse = () => Promise.reject(new DomainError('no_sandbox', why))
  await using app = await testApp({ sandbox: { available: async () => ({ refused: why }), run: refuse } })
  const project = await projectWith(app, { 'main.py': 'print(1)' })
  const page = await (await app.request(`/projects/${project}`)).text()
  expect(page).toContain(why)
  expect(page).not.toContain(`action="/projects/${project}/executions"`)
  const { job } = await run(app, project, 'python3 main.py')
  expect(job.error).toMatchObject({ code: 'no_sandbox', message: why })
})

test(
  'a server that is stopped ends what it runs, and asks at the next start',
  async () => {
    using data = dataDirectory()
    let id = ''
    {
      await using server = await startServer({ data: data.path })
      const client = openClient(server.url, secretOf(data.path))
      const { project } = (await (
        await client.post('/api/projects', { brief: 'a program', autorun: false })
      ).json()) as {
        project: { id: string }
      }
      id = await start(client as TestApp, project.id, 'echo ran once; sleep 60.7; true')
      using reading = await client.follow(`/api/jobs/${id}/events`)
      await reading.until(({ type }) => type === 'delta')
      expect(await server.stop()).toBe(0)
    }
    expect(commandLines().filter((line) => line.includes('60.7'))).toEqual([])
    await using server = await startServer({ data: data.path })
    const client = openClient(server.url, secretOf(data.path))
    using reading = await client.follow(`/api/jobs/${id}/events`)
    await reading.until(({ type }) => type === 'job.held')
  },
  SERVER_MS,
)

test(
  'a command is not run twice by itself when the server is killed: a person decides',
  async () => {
    using data = dataDirectory()
    let id = ''
    {
      await using server = await startServer({ data: data.path })
      const client = openClient(server.url, secretOf(data.path))
      const made = await client.post('/api/projects', { brief: 'a program', autorun: false })
      const { project } = (await made.json()) as { project: { id: string } }
      id = await start(client as TestApp, project.id, 'echo ran once; sleep 60.6')
      using reading = await client.follow(`/api/jobs/${id}/events`)
      await reading.until(({ type }) => type === 'delta')
      await server.kill()
    }
    await using server = await startServer({ data: data.path })
    const client = openClient(server.url, secretOf(data.path))
    using reading = await client.follow(`/api/jobs/${id}/events`)
    await reading.until(({ type }) => type === 'job.held')
    const { job, attempts } = await client.json(`/api/jobs/${id}`)
    expect(job.error.code).toBe('run_interrupted')
    expect(attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['lost', 'held'])
    expect((await client.post(`/api/jobs/${id}/retry`)).status).toBe(202)
    await reading.until(({ type, attempt }) => type === 'delta' && attempt === 3)
    await client.post(`/api/jobs/${id}/cancellation`)
  },
  SERVER_MS,
)

/** What the server tells the command line of this machine. */
function secretOf(data: string): string {
  return JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')).secret
}
