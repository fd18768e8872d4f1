import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { Change } from '../../src/changes/tables.ts'
import { policyOf } from '../../src/projects/scan-policy.ts'
import { putFile } from '../../src/workspace/editing/put-file.ts'
import { purgeTrash } from '../../src/workspace/trash/purge.ts'
import { BRIEF, type TestApp, testApp } from '../support/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await testApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const send = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  app.request(path, {
    method,
    headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })

/** A project whose plan waits, with two files of a person. */
async function made(): Promise<string> {
  const { project } = await app.make(BRIEF, { autorun: false })
  expect(await app.settled(project.id)).toBe('ready')
  for (const path of ['index.html', 'style.css']) await written(project.id, path)
  return project.id
}

async function written(project: string, path: string): Promise<void> {
  const state = await app.app.blobs.put(`content of ${path}`)
  const edit = { do: 'create', entity: 'file', id: path, state } as const
  const change = { scope: project, by: 'person:ann', reason: `Wrote ${path}`, edits: [edit] }
  await app.app.db.write((tx) => app.app.changes.apply(tx, change))
}

/** What a project consists of, but for what counts and times each writing. */
async function whole(id: string) {
  const { project, tasks, files } = await app.json(`/api/projects/${id}`)
  const plain = ({ version: _, updatedAt: __, ...rest }: Record<string, unknown>) => rest
  const pictures = await (await app.request(`/projects/${id}`)).text()
  return {
    project: plain(project),
    tasks: tasks.map(plain),
    files: files.map(plain),
    pictures: [...pictures.matchAll(/src="(\/api\/projects\/[^"]+\.png)/g)].map(([, url]) => url),
  }
}

const later = () => Date.now() + 1
const purge = (before = later()) => purgeTrash({ ...app.app, data: app.data }, before, new AbortController().signal)

async function rowsOf(project: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [table, column] of [
    ['changes', 'scope'],
    ['operations', 'scope'],
    ['events', 'scope'],
    ['jobs', 'scope'],
    ['files', 'project_id'],
    ['file_versions', 'project_id'],
    ['tasks', 'project_id'],
    ['artifacts', 'project_id'],
    ['projects', 'id'],
  ] as const) {
    const query = sql`SELECT count(*) AS n FROM ${sql.identifier(table)} WHERE ${sql.identifier(column)} = ${project}`
    counts[table] = (await app.app.db.read.all<{ n: number }>(query))[0]!.n
  }
  return counts
}

describe('a project', () => {
  test('goes into the trash with its tasks and files as one change, and comes back as it was by one', async () => {
    const { project } = await app.make()
    const id = project.id
    expect(await app.settled(id)).toBe('done')
    const before = await whole(id)
    const { change } = await (await send('DELETE', `/api/projects/${id}`)).json()

    for (const path of [`/api/projects/${id}`, `/projects/${id}`, `/api/projects/${id}/files/index.html`])
      expect([path, (await app.request(path)).status]).toEqual([path, 404])
    const { items } = await app.json('/api/projects')
    expect(items.some((each: { id: string }) => each.id === id)).toBe(false)
    expect((await app.json('/api/trash')).items[0]).toMatchObject({ entity: 'project', id, name: before.project.title })
    expect(await (await app.request('/trash')).text()).toContain(`action="/projects/${id}/restoration"`)

    const back = await send('POST', `/api/projects/${id}/restoration`)
    expect(back.status).toBe(201)
    expect(await whole(id)).toEqual(before)
    expect((await send('POST', `/api/projects/${id}/restoration`)).status).toBe(409)
    const history: Change[] = (await app.json(`/api/projects/${id}/changes`)).items
    const [restoring, deleting] = history
    expect(deleting).toMatchObject({ id: change, undoneBy: restoring!.id })
    expect(new Set(deleting!.operations.map(({ entity }) => entity))).toEqual(new Set(['file', 'task', 'project']))
  }, 60_000)

  test('in the trash shows none of its changes, and takes nothing back but its own deletion', async () => {
    const id = await made()
    const [, first]: Change[] = (await app.json(`/api/projects/${id}/changes`)).items
    const { change } = await (await send('DELETE', `/api/projects/${id}`)).json()
    const choices = first!.operations.map(({ entity, entityId, version }) => {
      return { entity, id: entityId, version: version + 1, seen: version, field: '*', side: 'theirs' }
    })
    const undo = (which: string, body: object = {}) => send('POST', `/api/changes/${which}/reversal`, body)
    expect((await app.request(`/api/changes/${first!.id}`)).status).toBe(404)
    for (const body of [{}, { choices }]) expect((await undo(first!.id, body)).ok).toBe(false)
    const left = await app.app.db.read.all(sql`SELECT path FROM files WHERE project_id = ${id} AND deleted = 0`)
    expect(left).toEqual([])
    expect((await undo(change)).status).toBe(201)
    expect((await app.request(`/api/changes/${first!.id}`)).status).toBe(200)
  })

  test('that is deleted while a file is on its way into it keeps nothing of that', async () => {
    const id = await made()
    const { change } = await (await send('DELETE', `/api/projects/${id}`)).json()
    const late = { project: id, path: 'late.txt', content: 'late', by: 'person:ann', seen: 'nothing' } as const
    await expect(putFile(app.app, late)).rejects.toMatchObject({ code: 'unknown_project' })
    const left = await app.app.db.read.all(sql`SELECT path FROM files WHERE project_id = ${id} AND deleted = 0`)
    expect(left).toEqual([])
    await send('POST', `/api/changes/${change}/reversal`, {})
  })

  test('that is being worked on is stopped first, and goes on when it is back and asked to', async () => {
    await using slow = await testApp({ settings: { HEARTH_DEMO_BYTES_PER_SECOND: '4000' } })
    const { project } = await slow.make()
    while ((await slow.json(`/api/projects/${project.id}`)).tasks.length === 0) await Bun.sleep(20)
    expect((await slow.request(`/api/projects/${project.id}`, { method: 'DELETE' })).status).toBe(200)
    const open = sql`SELECT count(*) AS n FROM jobs WHERE scope = ${project.id} AND state IN ('queued', 'running', 'held')`
    expect(await slow.app.db.read.all(open)).toEqual([{ n: 0 }])
    expect((await slow.post(`/api/projects/${project.id}/restoration`)).status).toBe(201)
    expect((await slow.json(`/api/projects/${project.id}`)).tasks.length).toBeGreaterThan(0)
    expect((await slow.post(`/api/projects/${project.id}/retry`)).status).toBe(200)
  })

  test('is deleted by a form that holds nothing, and then lies on the page of the trash', async () => {
    const id = await made()
    const form = {
      method: 'POST',
      body: '',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
    } as const
    const deleted = await app.request(`/projects/${id}/deletion`, form)
    expect([deleted.status, deleted.headers.get('location')]).toEqual([303, '/trash'])
    expect(await (await app.request('/trash')).text()).toContain(`action="/projects/${id}/restoration"`)
    const back = await app.request(`/projects/${id}/restoration`, form)
    expect([back.status, back.headers.get('location')]).toEqual([303, `/projects/${id}`])
  })

  test('that somebody else edited meanwhile is not deleted by who saw the one before', async () => {
    const id = await made()
    const { version } = (await app.json(`/api/projects/${id}`)).project
    await send('PATCH', `/api/projects/${id}`, { title: 'Another' })
    const refused = await send('DELETE', `/api/projects/${id}`, undefined, { 'if-match': `"${version}"` })
    expect((await refused.json()).code).toBe('version_conflict')
    expect((await app.json(`/api/projects/${id}`)).project.title).toBe('Another')
  })

  test('is edited by changes, which are merged and undone', async () => {
    const id = await made()
    const { version, title } = (await app.json(`/api/projects/${id}`)).project
    const ifSeen = { 'if-match': `"${version}"` }
    await send('PATCH', `/api/projects/${id}`, { title: 'Crumb & Co' }, ifSeen)
    expect((await send('PATCH', `/api/projects/${id}`, { tags: ['shop'], priority: 2 }, ifSeen)).status).toBe(200)
    const { project } = await app.json(`/api/projects/${id}`)
    expect(project).toMatchObject({ title: 'Crumb & Co', tags: ['shop'], priority: 2 })
    const { items } = await app.json(`/api/projects/${id}/changes`)
    const naming = items.findLast(
      ({ operations }: Change) => (operations[0]?.after as { title?: string })?.title === 'Crumb & Co',
    )
    expect((await app.post(`/api/changes/${naming.id}/reversal`)).status).toBe(201)
    expect((await app.json(`/api/projects/${id}`)).project).toMatchObject({ title, tags: ['shop'], priority: 2 })
  })

  test('has settings, with a form that keeps what was typed when it can’t be so', async () => {
    const id = await made()
    const url = `/projects/${id}/settings`
    const { version } = (await app.json(`/api/projects/${id}`)).project
    const form = (fields: object) =>
      app.request(url, {
        method: 'POST',
        body: new URLSearchParams({ version, title: 'T', tier: 'low', approval: 'ask_always', ...fields }),
        redirect: 'manual',
      })
    const refused = await form({ title: ' ', tags: 'one, two' })
    expect(refused.status).toBe(422)
    expect(await refused.text()).toContain('value="one, two"')
    expect((await form({ tags: 'one, two' })).status).toBe(303)
    expect((await app.json(`/api/projects/${id}`)).project).toMatchObject({ title: 'T', tags: ['one', 'two'] })
    expect((await app.json(`/api/projects/${id}/settings`)).settings).toMatchObject({ approval: 'ask_always' })
    const { items } = await app.json(`/api/projects/${id}/changes`)
    expect(items[0].operations[0]).toMatchObject({ entity: 'setting', entityId: 'approval' })
    await app.post(`/api/changes/${items[0].id}/reversal`)
    expect((await app.json(`/api/projects/${id}/settings`)).settings).toMatchObject({ approval: 'apply' })
    expect((await send('PATCH', `/api/projects/${id}/settings`, { approval: 'never' })).status).toBe(422)
    const { version: now } = (await app.json(`/api/projects/${id}`)).project
    expect((await form({ version: now, approval: 'apply', 'scan-danger-high': 'block' })).status).toBe(303)
    const { scan } = (await app.json(`/api/projects/${id}/settings`)).settings
    expect(scan).toMatchObject({ danger: { high: 'block', low: 'note' }, secrets: { high: 'block' } })
    expect(await policyOf(app.app.db.read, id)).toEqual(scan)
  })
})

describe('a file or a task', () => {
  test('is brought back from the project’s trash', async () => {
    const id = await made()
    const before = await whole(id)
    const { tasks } = await app.json(`/api/projects/${id}`)
    const task = tasks.find(({ kind }: { kind: string }) => kind === 'render')
    const changes = await app.json(`/api/projects/${id}/changes`)
    const writing = changes.items.find(({ operations }: Change) => operations[0]?.entityId === 'index.html')
    await app.post(`/api/changes/${writing.id}/reversal`)
    expect((await send('DELETE', `/api/tasks/${task.id}`)).status).toBe(200)

    const page = await (await app.request(`/projects/${id}/trash`)).text()
    for (const name of ['index.html', task.title]) expect(page).toContain(name)
    for (const thing of [
      { entity: 'task', id: task.id },
      { entity: 'file', id: 'index.html' },
    ])
      expect((await send('POST', `/api/projects/${id}/trash/restorations`, thing)).status).toBe(201)
    expect(await whole(id)).toEqual(before)
    expect((await app.json(`/api/projects/${id}/trash`)).items).toEqual([])
    const again = await send('POST', `/api/projects/${id}/trash/restorations`, { entity: 'file', id: 'index.html' })
    expect([again.status, (await again.json()).code]).toEqual([409, 'not_deleted'])
  })

  test('is not brought back to where another is now; the page says so in words', async () => {
    const id = await made()
    const { items } = await app.json(`/api/projects/${id}/changes`)
    const writing = items.find(({ operations }: Change) => operations[0]?.entityId === 'index.html')
    await app.post(`/api/changes/${writing.id}/reversal`)
    await written(id, 'Index.html')
    const form = { entity: 'file', id: 'index.html' }
    const answer = await app.request(`/projects/${id}/trash/restorations`, {
      method: 'POST',
      body: new URLSearchParams(form),
    })
    expect(await answer.text()).toContain('can’t stand beside “Index.html”')
  })
})

describe('after its time', () => {
  test('a project is removed for good, with all that was its own and nothing of another', async () => {
    const [kept, gone] = [await made(), await made()]
    await send('DELETE', `/api/projects/${gone}`)
    const others = await rowsOf(kept)
    expect(await purge(Date.now() - 60_000)).toMatchObject({ projects: 0 })
    expect(await purge()).toMatchObject({ projects: 1 })

    expect(Object.values(await rowsOf(gone)).every((n) => n === 0)).toBe(true)
    expect(await rowsOf(kept)).toEqual(others)
    expect((await send('POST', `/api/projects/${gone}/restoration`)).status).toBe(404)
    expect(await app.app.db.read.all(sql`PRAGMA foreign_key_check`)).toEqual([])
    expect(existsSync(join(app.data, 'git', `${gone}.git`))).toBe(false)
  })

  test('a removal that was cut off goes on with the next', async () => {
    const id = await made()
    await send('DELETE', `/api/projects/${id}`)
    const stopped = AbortSignal.abort(new Error('stop'))
    await expect(purgeTrash({ ...app.app, data: app.data }, later(), stopped)).rejects.toThrow('stop')
    expect((await rowsOf(id)).changes).toBeGreaterThan(0)
    await purge()
    expect(Object.values(await rowsOf(id)).every((n) => n === 0)).toBe(true)
  })

  test('a file is removed with its history, and what changed it says that it can’t be undone any more', async () => {
    const id = await made()
    const { items } = await app.json(`/api/projects/${id}/changes`)
    const writing = items.find(({ operations }: Change) => operations[0]?.entityId === 'index.html')
    const removing = (await (await app.post(`/api/changes/${writing.id}/reversal`)).json()).change
    expect(await purge()).toMatchObject({ projects: 0, files: 1 })
    expect((await app.request(`/api/projects/${id}/files/index.html?version=1`)).status).toBe(404)
    expect((await app.json(`/api/projects/${id}/trash`)).items).toEqual([])
    const undo = await app.post(`/api/changes/${removing.id}/reversal`)
    expect([undo.status, (await undo.json()).code]).toEqual([409, 'purged'])
    expect((await app.json(`/api/projects/${id}`)).files.length).toBeGreaterThan(0)
  })
})
