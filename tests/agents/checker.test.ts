import { expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { events } from '../../src/events/tables.ts'
import { encodePng } from '../../src/gpu/png.ts'
import { jobsOf } from '../../src/jobs/jobs.ts'
import { demoProject } from '../../src/llm/demo/project.ts'
import { type CheckResult, checkView, enqueueCheck } from '../../src/projects/check.ts'
import { projectById } from '../../src/projects/projects.ts'
import { projects } from '../../src/projects/tables.ts'
import { completeTask } from '../../src/projects/tasks.ts'
import { renderView } from '../../src/web/views.ts'
import { filesOf, writeFile } from '../../src/workspace/files.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'

const CPU = { id: 'cpu', name: 'CPU', kind: 'cpu', totalBytes: 8e9, freeBytes: 8e9 } as const
const BY = 'person:ann'
const HASH_OF_SHELF = 2

interface Planned {
  key: string
  kind: 'write' | 'render'
  path: string
  width?: number | null
  height?: number | null
}

/** The whole app, with a project `p1` whose plan is given; nothing runs until `check`. */
async function planned(tasks: Planned[]) {
  const folder = temporaryFolder()
  const app = await createApp(readConfig({ HEARTH_DATA: folder.path, HEARTH_LOG: 'silent' }), { devices: [CPU] })
  await app.db.write(async (tx) => {
    const facts = { title: 'Crumb', brief: 'A bakery', model: 'demo', tier: 'low', seed: 1, autorun: false, tags: [] }
    await tx.insert(projects).values({ id: 'p1', ...facts, createdBy: BY, createdAt: 0, updatedAt: 0 })
    for (const [position, { key, kind, path, width = null, height = null }] of tasks.entries()) {
      const task = { parent: null, key, position, kind, title: key, path, prompt: 'x', width, height, dependsOn: [] }
      await app.changes.apply(tx, {
        scope: 'p1',
        by: BY,
        reason: '',
        edits: [{ do: 'create', entity: 'task', id: key, baseVersion: 0, state: { ...task, status: 'todo' } }],
      })
    }
  })
  return {
    app,
    folder: folder.path,
    async write(path: string, content: string | Uint8Array) {
      const blob = await app.blobs.put(content)
      await app.db.write((tx) => writeFile(app, tx, { project: 'p1', path, blob, by: BY }))
      return join(folder.path, 'blobs', blob.hash.slice(0, HASH_OF_SHELF), blob.hash)
    },
    finish: (key: string) =>
      app.db.write((tx) => completeTask(app, tx, key, { id: 'j', kind: 'write', attempt: 1, startedAt: null })),
    jobs: () => jobsOf(app.db.read, 'p1'),
    async check(): Promise<CheckResult> {
      await app.db.write((tx) => enqueueCheck(app, tx, 'p1'))
      await app.startWork()
      await until(async () => (await jobsOf(app.db.read, 'p1')).every(({ endedAt }) => endedAt !== null), 'the check')
      return (await jobsOf(app.db.read, 'p1'))[0]!.result as CheckResult
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

const page = (key: string): Planned => ({ key, kind: 'write', path: `${key}.html` })

function picture(width: number, height: number): Uint8Array {
  return encodePng(width, height, new Uint8Array(width * height * 3).fill(120), {})
}

test('the last task that is done queues one check, and the project is at work until that has ended', async () => {
  await using studio = await planned([page('index'), page('menu')])
  await studio.write('index.html', '<a href="menu.html">Menu</a>')
  await studio.write('menu.html', '<a href="index.html">Home</a>')
  await studio.finish('index')
  expect(await studio.jobs()).toEqual([])
  await studio.finish('menu')
  const [job] = await studio.jobs()
  expect([job!.kind, job!.lane, job!.idempotencyKey]).toEqual(['check', 'check', 'check:p1:1'])
  expect((await projectById(studio.app.db.read, 'p1')).status).toBe('working')
  expect(await studio.check()).toMatchObject({ checked: 2, problems: [], notes: [] })
  expect(await studio.jobs()).toHaveLength(1)
  expect((await projectById(studio.app.db.read, 'p1')).status).toBe('done')
  const told = await studio.app.db.read.select().from(events).where(eq(events.type, 'check.finished'))
  expect(told.map(({ data }) => data)).toEqual([
    { checked: 2, problems: [], notes: [], findings: [], trials: [], reading: 'none' },
  ])
})

test('all that is wrong is found, and the project is done all the same', async () => {
  await using studio = await planned([
    page('index'),
    page('gone'),
    { key: 'a', kind: 'render', path: 'images/a.png', width: 64, height: 64 },
    { key: 'b', kind: 'render', path: 'images/b.png', width: 64, height: 64 },
    { key: 'c', kind: 'render', path: 'images/c.png', width: 64, height: 64 },
  ])
  await studio.write(
    'index.html',
    '<a href="gone.html"></a><img src="images/a.png" alt=""><a href="https://a.example">',
  )
  await studio.write('data.json', '{ "a": }')
  await studio.write('run.sh', 'if true; then\n')
  await studio.write('images/a.png', picture(64, 32))
  await studio.write('images/b.png', picture(64, 64).subarray(0, 60))
  await studio.write('images/c.png', picture(64, 64))
  rmSync(await studio.write('notes.bin', Buffer.from('gone\0')))
  writeFileSync(await studio.write('more.bin', Buffer.from('whole\0')), 'holed')
  const { checked, problems, notes } = await studio.check()
  expect(checked).toBe(8)
  expect(problems.map(({ path, message }) => `${path}: ${message}`).sort()).toEqual([
    expect.stringMatching(/^data\.json: line 1, column \d+: /),
    'gone.html: was planned, but is not there',
    'images/a.png: is 64 × 32, planned was 64 × 64',
    'images/b.png: can’t be decoded as a picture',
    'index.html: points to gone.html, which is not in the project',
    'more.bin: its content is damaged on the disk: restore the last backup',
    'notes.bin: its content is gone from the disk: restore the last backup',
    'run.sh: line 1, column 1: syntax error: unexpected end of file in “if true; then”',
  ])
  expect(notes).toEqual([{ path: 'index.html', message: 'points to https://a.example, outside of the project' }])
  expect((await studio.jobs())[0]!.state).toBe('succeeded')
})

test('a check that waits is enough, one that has begun is not', async () => {
  await using studio = await planned([])
  const ask = async () => (await studio.app.db.write((tx) => enqueueCheck(studio.app, tx, 'p1'))).idempotencyKey
  expect([await ask(), await ask()]).toEqual(['check:p1:1', 'check:p1:1'])
  await studio.check()
  expect(await ask()).toBe('check:p1:2')
})

test('the page says what was found, and whether files have changed since', async () => {
  await using studio = await planned([page('index')])
  await studio.write('index.html', '<a href="<b>.html">')
  const versions = async () => (await filesOf(studio.app.db.read, 'p1')).reduce((sum, { version }) => sum + version, 0)
  const shown = async () => checkView(await studio.jobs(), [], await versions())
  expect(await shown()).toBeNull()
  await studio.check()
  const html = renderView('projects/_check', { check: await shown() })
  expect(html).toContain('1 problem found')
  expect(html).toContain('points to &lt;b&gt;.html')
  expect(html).not.toContain('changed since')
  await studio.write('index.html', '<p>mended</p>')
  expect(await shown()).toMatchObject({ state: 'done', outdated: true })
  expect(renderView('projects/_check', { check: await shown() })).toContain('changed since')
  expect(renderView('projects/_check', { check: null })).toContain('hidden')
})

test.each([
  'a landing page for a bakery called Crumb & Co with a menu page and three pictures',
  'a command-line program that renames photos by the date they were taken',
  'a short illustrated story about a lighthouse that is afraid of the dark, with two pictures',
])('what the demo model makes has no problem: %s', async (brief) => {
  const { plan, file } = demoProject(brief)
  const work = plan.tasks.filter(({ kind }) => kind !== 'note')
  await using studio = await planned(
    work.map(({ id, kind, path, ...size }) => ({ key: id, kind, path, ...size }) as Planned),
  )
  for (const { kind, path, width, height } of work)
    await studio.write(path!, kind === 'write' ? file(path!)! : picture(width!, height!))
  expect(await studio.check()).toMatchObject({ checked: work.length, problems: [] })
})
