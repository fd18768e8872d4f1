import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { digestOf, fairShare } from '../../src/agents/digest.ts'
import { mendablePaths, repairsOf } from '../../src/agents/repairs.ts'
import type { Change } from '../../src/changes/tables.ts'
import { systemClock } from '../../src/clock.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { type TestApp, testApp } from '../support/app.ts'
import type { WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import {
  type Answer,
  planOf,
  type Script,
  type ScriptedModel,
  scriptedModel,
  subject,
} from '../support/scripted-model.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')
const PLAN = planOf([
  { id: 'styles', path: 'styles.css', contract: { exports: ['.card'] } },
  { id: 'index', path: 'index.html', dependsOn: ['styles'] },
])
const page = (words: string) => `<!doctype html>\n<html lang="en"><body><p class="card">${words}</p></body></html>\n`
const FILES = { 'styles.css': ['.card { color: red }\n'], 'index.html': [page('one'), page('two'), page('three')] }
const NOW = { ...systemClock, random: () => 0 }

const found = (...findings: [path: string, problem: string][]) =>
  JSON.stringify({ findings: findings.map(([path, problem]) => ({ path, problem, fix: 'Mend it.' })) })
const reader = (script: Script) => scriptedModel({ plan: [PLAN], files: FILES, demo: false, ...script })
const kinds = ({ asked }: ScriptedModel) =>
  asked.map((request) => (subject(request) === 'check' ? 'check' : request.task.kind))
const said = (request: ModelRequest | undefined) => (request!.messages.at(-1) as { content: string }).content

interface Finished {
  id: string
  status: string
  told: WireLine[]
  /** The words of the check's panel. */
  panel: string
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the API
  tasks: any[]
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the API
  files: any[]
}

async function finished(app: TestApp, begun?: string): Promise<Finished> {
  const id = begun ?? (await app.make('a small site')).project.id
  const status = await app.settled(id)
  using reading = await app.follow(`/api/projects/${id}/events?follow=false`)
  await reading.over
  const html = await (await app.request(`/projects/${id}`)).text()
  const at = html.indexOf('id="check"')
  const panel = html
    .slice(at, html.indexOf('</section>', at))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
  return { id, status, told: reading.durable(), panel, ...(await app.json(`/api/projects/${id}`)) }
}

test('a model reads the finished project once, and what it finds is mended once, as a change that can be undone', async () => {
  const model = reader({ check: [found(['./index.html', 'It says one.'])] })
  await using app = await testApp({ providers: [model], clock: NOW })
  const { id, status, told, panel, tasks, files } = await finished(app)
  expect(status).toBe('done')
  expect(kinds(model)).toEqual(['plan', 'plan', 'write', 'write', 'check', 'repair'])

  const question = said(model.asked.find((request) => subject(request) === 'check'))
  expect(question).toContain('  exports: .card')
  expect(question).toContain(`=== index.html ===\n${page('one')}`)
  const repair = said(model.asked.at(-1))
  expect(repair).toContain(`The file index.html as it is:\n\n${page('one')}`)
  expect(repair).toContain('- It says one. Mend it.')
  expect(repair).toContain('.card { color: red }')

  expect(
    told.filter(({ type }) => type === 'check.finished').map(({ findings, reading }) => [findings.length, reading]),
  ).toEqual([
    [1, 'read'],
    [0, 'spared'],
  ])
  expect(told.filter(({ type }) => type === 'repairs.filed')).toMatchObject([{ tasks: [{ path: 'index.html' }] }])
  expect(tasks.map(({ key, mends }: { key: string; mends: boolean }) => [key, mends])).toEqual([
    ['styles', false],
    ['index', false],
    ['repairs', false],
    ['repair-1', true],
  ])
  expect(files.find(({ path }: { path: string }) => path === 'index.html').version).toBe(2)
  expect(panel).toContain('scripted read all of it, and found one thing')
  expect(panel).toContain('It says one. Mend it.')
  expect(panel).toContain('Repairs index.html has been mended')

  const [checked] = (await app.json(`/api/jobs?project=${id}`)).items
    .filter(({ kind }: WireLine) => kind === 'check')
    .toReversed()
  const { checkpoints } = await app.json(`/api/jobs/${checked.id}`)
  expect(checkpoints.map(({ name }: { name: string }) => name)).toEqual(['trials', 'reading']) // what was paid for is kept

  const { items } = await app.json(`/api/projects/${id}/changes`)
  const mending = items.find(({ operations }: Change) =>
    operations.some(({ entityId, version }) => entityId === 'index.html' && version === 2),
  )
  expect((await app.post(`/api/changes/${mending.id}/reversal`)).status).toBe(201)
  expect(await (await app.request(`/api/projects/${id}/files/index.html`)).text()).toBe(page('one'))
})

test('repairs are filed once: whatever later checks find is told, and left to people', async () => {
  const model = reader({ check: [found(['index.html', 'It says one.']), found(['styles.css', 'It is red.'])] })
  await using app = await testApp({ providers: [model], clock: NOW })
  const { id } = await finished(app)
  expect((await app.post(`/api/projects/${id}/checks`)).status).toBe(201)
  expect(await app.settled(id)).toBe('done')
  expect(kinds(model).filter((kind) => kind === 'repair')).toHaveLength(1)
  expect(kinds(model).filter((kind) => kind === 'check')).toHaveLength(2)
  expect(await (await app.request(`/projects/${id}`)).text()).toContain('It is red.')
})

test('what the deterministic check finds is mended too, before what a model said', async () => {
  const model = reader({ check: [found(['index.html', 'It says one.'])] })
  await using app = await testApp({ providers: [model], clock: NOW })
  const { project } = await app.make('a small site', { autorun: false })
  await app.settled(project.id)
  const { tasks } = await app.json(`/api/projects/${project.id}`)
  const styles = tasks.find(({ key }: { key: string }) => key === 'styles')
  await app.post(`/api/tasks/${styles.id}/completion`) // and never made
  await app.post(`/api/projects/${project.id}/runs`)
  const { told, panel, status } = await finished(app, project.id)
  expect(status).toBe('done')
  const filed = told.find(({ type }) => type === 'repairs.filed')!
  expect(filed.tasks.map(({ path }: { path: string }) => path)).toEqual(['styles.css', 'index.html'])
  const question = model.asked.find(({ task }) => task.kind === 'write' && task.path === 'styles.css')
  expect(said(question)).toContain('- It was planned, but is not there.')
  expect(told.findLast(({ type }) => type === 'check.finished')).toMatchObject({ problems: [], reading: 'spared' })
  expect(panel).toContain('All good')
})

const AWAY: Record<string, Answer> = {
  'is away': { fails: { status: 529 } },
  'refuses its key': { fails: { status: 401 } },
  'answers garbage': 'It looks fine to me.',
}

for (const [what, answer] of Object.entries(AWAY))
  test(`a model that ${what} fails no finished project: the page says that nothing was read, and offers it again`, async () => {
    const model = reader({ check: [answer, answer, answer, found()] })
    await using app = await testApp({ providers: [model], clock: NOW })
    const { id, status, told, panel } = await finished(app)
    expect(status).toBe('done')
    expect(told.find(({ type }) => type === 'check.finished')).toMatchObject({ problems: [], reading: 'failed' })
    expect(told.filter(({ type, kind }) => /^job\.(retrying|failed|held)$/.test(type) && kind === 'check')).toEqual([])
    expect(panel).toContain('No model has read it: ')
    expect(panel).toContain('Check again')
    const again = await app.request(`/projects/${id}/checks`, { method: 'POST', redirect: 'manual' })
    expect([again.status, again.headers.get('location')]).toEqual([303, `/projects/${id}`])
    await app.settled(id)
  })

test('the demo model reads nothing, and the page says that it is no AI', async () => {
  const model = reader({ demo: true } as Script)
  await using app = await testApp({ providers: [model], clock: NOW })
  const { panel, status } = await finished(app)
  expect(status).toBe('done')
  expect(kinds(model)).not.toContain('check')
  expect(panel).toContain('the demo model is no AI')
})

test('a repair that can’t be made fails no finished project either; the file stays as it was', async () => {
  const plan = planOf([{ id: 'data', path: 'data.json' }])
  const files = { 'data.json': ['{"a": 1}\n', '{ nope', '{ nope'] }
  const model = reader({ plan: [plan], files, check: [found(['data.json', 'It lacks b.'])] })
  const waits: number[] = []
  await using app = await testApp({ providers: [model], clock: NOW })
  app.app.hub.tap(({ type, body }) => void (type === 'job.retrying' && waits.push(body.delayMs as number)))
  const { project } = await app.make('some data')
  await until(() => waits.length > 0, 'a repair that is tried again', 10_000)
  const { tasks } = await app.json(`/api/projects/${project.id}`)
  const { job } = tasks.at(-1)
  expect((await app.post(`/api/jobs/${job}/cancellation`)).status).toBe(202)
  expect(await app.settled(project.id)).toBe('done')
  const shown = await (await app.request(`/projects/${project.id}`)).text()
  expect(shown).toContain('could not be mended; it is as it was')
  expect(await (await app.request(`/api/projects/${project.id}/files/data.json`)).text()).toBe('{"a": 1}\n')
}, 60_000)

test('a reading that is interrupted is made again, and one that was whole is not', async () => {
  using folder = temporaryFolder()
  const first = reader({ check: [{ stall: '{"findings"' }] })
  let id: string
  {
    await using app = await testApp({ data: folder.path, providers: [first], clock: NOW })
    id = (await app.make('a small site')).project.id
    await until(() => kinds(first).at(-1) === 'check' && first.busy === 1, 'the reading')
  }
  const second = reader({
    files: { ...FILES, 'index.html': [{ stall: '<!doc' }] },
    check: [found(['index.html', 'It says one.'])],
  })
  {
    await using app = await testApp({ data: folder.path, providers: [second], clock: NOW })
    await until(() => kinds(second).at(-1) === 'repair' && second.busy === 1, 'the repair')
    expect((await app.json(`/api/projects/${id}`)).project.status).toBe('working')
  }
  const third = reader({})
  await using app = await testApp({ data: folder.path, providers: [third], clock: NOW })
  expect(await app.settled(id)).toBe('done')
  expect(kinds(third)).toEqual(['repair'])
}, 60_000)

test('at most five files are mended, each once, the surest findings first', () => {
  const problems = [
    { path: 'c.html', message: 'points to x.html, which is not in the project' },
    { path: 'images/a.png', message: 'can’t be decoded as a picture' },
  ]
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${name}.html`)
  const findings = [...names, 'a.html', 'unknown.html'].map((path) => ({ path, problem: `${path} is off.`, fix: '' }))
  const repairs = repairsOf({ problems, findings }, new Set(names))
  expect(repairs.map(({ path }) => path)).toEqual(['c.html', 'a.html', 'b.html', 'd.html', 'e.html'])
  expect(repairs[0]!.prompt).toBe('- It points to x.html, which is not in the project.\n- c.html is off.')
  expect(repairs[1]!.prompt).toBe('- a.html is off.\n- a.html is off.')
})

test('pictures, and what only a backup helps, are left alone; a planned file that never came is written', () => {
  const task = (kind: 'write' | 'render', path: string) => ({ kind, path }) as never
  const planned = [task('write', 'a.html'), task('write', 'gone.css'), task('render', 'images/x.png')]
  const problems = [{ path: 'b.md', message: 'its content is damaged', unreadable: true as const }]
  const files = ['a.html', 'b.md', 'c.md', 'logo.svg', 'images/x.png', 'data.bin']
  expect([...mendablePaths(planned, { problems }, files)].sort()).toEqual(['a.html', 'c.md', 'gone.css', 'logo.svg'])
})

test('files are shown whole while they fit; else none is longer than its fair share, and small ones stay whole', () => {
  const sizes = fc.array(fc.nat(4_000), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 400, max: 20_000 }), (lengths, room) => {
      const files = lengths.map((length, i) => ({ path: `${i}`, text: 'line of it\n'.repeat(400).slice(0, length) }))
      const shown = digestOf(files, room)
      const total = lengths.reduce((sum, length) => sum + length, 0)
      if (total <= room) return expect(shown.map(({ text }) => text)).toEqual(files.map(({ text }) => text))
      const share = fairShare(lengths, room)
      for (const [i, { text, left }] of shown.entries()) {
        if (lengths[i]! <= share) expect(text).toBe(files[i]!.text)
        else expect([text.length <= share + 2, left > 0]).toEqual([true, true])
      }
      expect(shown.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(room + 2 * files.length)
    }),
  )
})

test('`hearth make` waits for the repairs, and leaves the files as they are after them', async () => {
  const model = reader({ check: [found(['index.html', 'It says one.'])] })
  await using app = await testApp({ providers: [model], clock: NOW })
  const out = join(app.data, 'out')
  const child = Bun.spawn([process.execPath, MAIN, 'make', 'a small site', '--out', out], {
    env: { PATH: process.env.PATH, HEARTH_DATA: app.data },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const text = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  expect(text).toContain('mending   index.html')
  expect(readFileSync(join(out, 'index.html'), 'utf8')).toBe(page('two'))
}, 60_000)
