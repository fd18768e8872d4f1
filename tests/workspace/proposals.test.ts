import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { Change } from '../../src/changes/tables.ts'
import { diffTexts } from '../../src/files/diff/diff.ts'
import { withRuns } from '../../src/files/diff/take.ts'
import { enqueue } from '../../src/jobs/enqueue.ts'
import { refOf } from '../../src/jobs/settle.ts'
import { insertProject } from '../../src/projects/projects.ts'
import { submitWork } from '../../src/projects/proposals.ts'
import type { Proposal } from '../../src/projects/tables.ts'
import { tasks } from '../../src/projects/tables.ts'
import { type TestApp, testApp } from '../support/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await testApp({ work: false })
})
afterAll(() => app[Symbol.asyncDispose]())

const text = (path: string, id: string) => app.request(`/api/projects/${id}/files/${path}`).then((it) => it.text())
const patch = (path: string, body: object) =>
  app.request(path, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** A project with one task, whose job has made what is given, under these settings. */
async function made(approval: string, files: Record<string, [before: string | null, after: string | null]>) {
  const about = {
    brief: 'A bakery',
    model: 'demo',
    tier: 'low',
    autorun: false,
    by: 'person:ann',
    status: 'done',
  } as const
  const project = await app.app.db.write((tx) => insertProject(app.app, tx, about))
  await patch(`/api/projects/${project.id}/settings`, { approval })
  const task = await (
    await app.post(`/api/projects/${project.id}/tasks`, {
      kind: 'write',
      title: 'Page',
      path: 'page.html',
      prompt: 'A page.',
    })
  ).json()
  const put = (path: string, content: string | null, baseVersion: number) => async () => {
    const state = content === null ? undefined : { ...(await app.app.blobs.put(content)) }
    return {
      do: content === null ? ('delete' as const) : ('put' as const),
      entity: 'file',
      id: path,
      baseVersion,
      state,
    }
  }
  for (const [path, [before]] of Object.entries(files))
    if (before !== null) {
      const { state } = await put(path, before, 0)()
      const edit = { do: 'create', entity: 'file', id: path, state } as const
      const change = { scope: project.id, by: 'person:ann', reason: '', edits: [edit] }
      await app.app.db.write((tx) => app.app.changes.apply(tx, change))
    }
  const edits = await Promise.all(
    Object.entries(files).map(([path, [before, after]]) => put(path, after, before === null ? 0 : 1)()),
  )
  await app.app.db.write(async (tx) => {
    const job = await enqueue(app.app, tx, { kind: 'write', input: { task: task.task.id }, scope: project.id })
    await tx.update(tasks).set({ job: job.id }).where(eq(tasks.id, task.task.id))
    const destroys = Object.values(files).some(([, after]) => after === null)
    await submitWork(app.app, tx, {
      project: project.id,
      task: task.task.id,
      job: refOf(job),
      reason: 'Wrote it',
      edits,
      destroys,
    })
  })
  const open: Proposal[] = (await app.json(`/api/projects/${project.id}/proposals`)).items
  return {
    id: project.id,
    task: task.task.id as string,
    open,
    status: async () => (await app.json(`/api/tasks/${task.task.id}`)).task.status,
    accept: (body = {}) => app.post(`/api/proposals/${open[0]!.id}/acceptance`, body),
    decline: (body = {}) => app.post(`/api/proposals/${open[0]!.id}/refusal`, body),
  }
}

const edit = (path: string, content: string, id: string) =>
  app.request(`/api/projects/${id}/files/${path}`, { method: 'PUT', body: content, headers: { 'if-match': '"1"' } })
const sent = (proposal: string, fields: string[][]) =>
  app.request(`/proposals/${proposal}/acceptance`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  })

/** A proposal of two places, of which a person has changed the first since. */
async function changedSince() {
  const it = await made('ask_always', { 'page.html': ['a\nb\nc\nd\n', 'agent\nb\nc\nD\n'] })
  await edit('page.html', 'person\nb\nc\nd\n', it.id)
  return it
}

function hiddenIn(html: string): string[][] {
  const form = html.slice(html.indexOf('class="stacked decide"'))
  return [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
    name!,
    value!.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&'),
  ])
}

const NEW = { 'page.html': [null, '<p>new</p>\n'] as [null, string] }
const GONE = { ...NEW, 'old.html': ['<p>old</p>\n', null] as [string, null] }

describe('what a job has made', () => {
  test.each([
    ['apply', NEW, 0],
    ['apply', GONE, 0],
    ['ask_destructive', NEW, 0],
    ['ask_destructive', GONE, 1],
    ['ask_always', NEW, 1],
  ])('%s: of what it made, proposals %#', async (approval, files, many) => {
    const it = await made(approval, files)
    expect(it.open).toHaveLength(many)
    expect(await it.status()).toBe(many ? 'todo' : 'done')
    expect((await app.request(`/api/projects/${it.id}/files/page.html`)).status).toBe(many ? 404 : 200)
  })

  test('that waits is told, makes the project need a person, and is shown as a diff', async () => {
    const it = await made('ask_always', { 'page.html': ['<p>one</p>\n', '<p>two</p>\n'] })
    const { project } = await app.json(`/api/projects/${it.id}`)
    expect(['held', 'working']).toContain(project.status)
    const page = await (await app.request(`/projects/${it.id}`)).text()
    expect(page).toContain(`href="/projects/${it.id}/proposals"`)
    const shown = await (await app.request(`/projects/${it.id}/proposals`)).text()
    expect(shown).toContain('Wrote it')
    expect(shown.replace(/<[^>]*>/g, '')).toMatch(/&lt;p&gt;one&lt;\/p&gt;[\s\S]*&lt;p&gt;two&lt;\/p&gt;/)
  })
})

describe('a proposal', () => {
  test('that is taken becomes one change of the agent, and its task is done', async () => {
    const it = await made('ask_always', GONE)
    const { proposal } = await (await it.accept()).json()
    expect(proposal).toMatchObject({ state: 'accepted' })
    const [change]: Change[] = (await app.json(`/api/projects/${it.id}/changes`)).items.filter(
      (each: Change) => each.id === proposal.change,
    )
    expect(change).toMatchObject({ by: `job:${proposal.job}`, reason: 'Wrote it' })
    expect(change!.operations.map(({ entityId, kind }) => [entityId, kind])).toEqual([
      ['page.html', 'create'],
      ['old.html', 'delete'],
    ])
    expect(await it.status()).toBe('done')
    const again = await it.accept()
    expect([again.status, (await again.json()).code]).toEqual([409, 'already_decided'])
  })

  test('can be taken file by file', async () => {
    const it = await made('ask_always', GONE)
    expect((await it.accept({ only: ['page.html'] })).status).toBe(201)
    expect(await text('old.html', it.id)).toBe('<p>old</p>\n')
    expect(await text('page.html', it.id)).toBe('<p>new</p>\n')
  })

  test('can be taken place by place', async () => {
    const it = await made('ask_always', { 'page.html': ['a\nb\nc\nd\ne\n', 'A\nb\nc\nd\nE\n'] })
    expect((await it.accept({ parts: { 'page.html': [] } })).status).toBe(422)
    expect((await it.accept({ parts: { 'page.html': [1] } })).status).toBe(201)
    expect(await text('page.html', it.id)).toBe('a\nb\nc\nd\nE\n')
  })

  test('of a project in the trash is neither shown nor decided on', async () => {
    const it = await made('ask_always', NEW)
    expect((await app.request(`/api/projects/${it.id}`, { method: 'DELETE' })).status).toBe(200)
    const shown = await app.request(`/api/proposals/${it.open[0]!.id}`)
    expect([shown.status, (await it.accept()).status, (await it.decline()).status]).toEqual([404, 404, 404])
    expect((await app.post(`/api/projects/${it.id}/restoration`)).status).toBe(201)
    expect((await it.accept()).status).toBe(201)
  })

  test('keeps what others changed since', async () => {
    const apart = await made('ask_always', { 'page.html': ['a\nb\nc\nd\ne\n', 'A\nb\nc\nd\ne\n'] })
    await edit('page.html', 'a\nb\nc\nd\nE\n', apart.id)
    await apart.accept()
    expect(await text('page.html', apart.id)).toBe('A\nb\nc\nd\nE\n')
  })

  test('where both changed the same, both sides are told, and it is taken with a choice', async () => {
    const same = await changedSince()
    const refused = await same.accept()
    const { code, contests } = await refused.json()
    expect([refused.status, refused.headers.get('content-type'), code]).toEqual([
      409,
      expect.stringContaining('application/problem+json'),
      'version_conflict',
    ])
    const places = [{ base: 'a\n', mine: 'agent\n', theirs: 'person\n' }]
    expect(contests).toMatchObject([{ id: 'page.html', seen: 1, version: 2, fields: [{ merge: { places } }] }])
    expect(await text('page.html', same.id)).toBe('person\nb\nc\nd\n')
    expect(await same.status()).toBe('todo')
    const about = { entity: 'file', id: 'page.html', seen: 1, version: 2, field: 'content', place: 0 }
    expect((await same.accept({ choices: [{ ...about, version: 1, side: 'mine' }] })).status).toBe(409)
    expect((await same.accept({ choices: [{ ...about, side: 'both' }] })).status).toBe(201)
    expect(await text('page.html', same.id)).toBe('agent\nperson\nb\nc\nD\n')
  })

  test('where both changed the same, its form leads to a page to choose on, with what was ticked, and that page makes it so', async () => {
    const same = await changedSince()
    const ticked = [
      ['file', 'page.html'],
      ['inParts', 'page.html'],
      ['part', '0 page.html'],
    ]
    const first = await sent(same.open[0]!.id, ticked)
    const shown = await first.text()
    expect(first.status).toBe(409)
    expect(shown).toContain('What is proposed')
    expect(await text('page.html', same.id)).toBe('person\nb\nc\nd\n')
    const fields = hiddenIn(shown)
    expect(fields).toEqual(expect.arrayContaining(ticked))
    expect(fields.some(([name]) => name === 'about.1')).toBe(true)
    const taken = await sent(same.open[0]!.id, [...fields, ['side.1', 'mine']])
    expect([taken.status, taken.headers.get('location')]).toEqual([303, `/projects/${same.id}`])
    expect(await text('page.html', same.id)).toBe('agent\nb\nc\nd\n')
  })

  test('that is declined leaves no trace; its task is open, and with words it is made again', async () => {
    const it = await made('ask_always', NEW)
    expect((await it.decline()).status).toBe(201)
    expect((await app.request(`/api/projects/${it.id}/files/page.html`)).status).toBe(404)
    expect((await app.json(`/api/tasks/${it.task}`)).task).toMatchObject({
      status: 'todo',
      job: null,
      prompt: 'A page.',
    })

    const other = await made('ask_always', NEW)
    await other.decline({ note: 'Less text.' })
    const { task } = await app.json(`/api/tasks/${other.task}`)
    expect(task.prompt).toBe('A page.\n\nLess text.')
  })

  test('is decided with a form: only what is ticked is taken', async () => {
    const it = await made('ask_always', {
      'page.html': ['a\nb\nc\n', 'A\nb\nC\n'],
      'more.html': [null, 'more\n'],
    })
    const fields = [
      ['file', 'page.html'],
      ['inParts', 'page.html'],
      ['part', '0 page.html'],
    ]
    const form = await app.request(`/proposals/${it.open[0]!.id}/acceptance`, {
      method: 'POST',
      body: new URLSearchParams(fields as [string, string][]),
      redirect: 'manual',
    })
    expect([form.status, form.headers.get('location')]).toEqual([303, `/projects/${it.id}`])
    expect(await text('page.html', it.id)).toBe('A\nb\nc\n')
    expect((await app.request(`/api/projects/${it.id}/files/more.html`)).status).toBe(404)
  })
})

test('with all runs taken a text is the new one, with none the old one', () => {
  const [before, after] = ['a\nb\nc\nd', 'A\nb\nx\nc\nD\n']
  const diff = diffTexts(before, after)
  expect(withRuns(diff, new Set(diff.runs.keys()))).toBe(after)
  expect(withRuns(diff, new Set())).toBe(before)
})
