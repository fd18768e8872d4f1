import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { recipeIn } from '../../src/studio/metadata/embed.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'

const TASK = { id: 'a', kind: 'render', path: 'images/hero.png', prompt: 'a lighthouse', width: 64, height: 64 }
const REQUEST = { prompt: 'a red boat at dawn', width: 64, height: 64, steps: 2 }

let app: TestApp
let project: string
beforeAll(async () => {
  app = await testApp({ providers: [scriptedModel({ plan: [planOf([TASK])] })] })
  project = (await app.make()).project.id
  expect(await app.settled(project)).toBe('done')
})
afterAll(() => app[Symbol.asyncDispose]())

async function made(path: string, body: object) {
  const response = await app.post(path, body)
  const text = await response.text()
  if (response.status !== 201) throw new Error(`${response.status} ${text}`)
  const { job, ...rest } = JSON.parse(text)
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  const last = await reading.until(({ type }) => /^job\.(succeeded|failed|held)$/.test(String(type)), 'its end')
  if (last.type !== 'job.succeeded') throw new Error(JSON.stringify(last))
  const { items } = await app.json(`/api/artifacts?job=${job.id}`)
  return { ...rest, job, items, bytes: await bytesOf(items[0].url) }
}

const bytesOf = async (url: string) => new Uint8Array(await (await app.request(url)).arrayBuffer())
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('a picture is made without a task: it becomes a file of the project, named by its words, and an artifact', async () => {
  const { items, bytes, job } = await made(`/api/projects/${project}/renders`, { request: REQUEST })
  const [artifact] = items
  expect(artifact).toMatchObject({
    project,
    task: null,
    job: job.id,
    n: 1,
    function: 'image',
    mediaType: 'image/png',
    width: 64,
    height: 64,
    prompt: REQUEST.prompt,
    sha256: sha256(bytes),
    bytes: bytes.length,
    path: `pictures/a-red-boat-at-dawn-${sha256(bytes).slice(0, 8)}.png`,
  })
  expect(artifact.seed).toBe(recipeIn(bytes)!.seed)
  const file = await app.request(`/api/projects/${project}/files/${artifact.path}`)
  expect(sha256(new Uint8Array(await file.arrayBuffer()))).toBe(artifact.sha256)
  expect((await app.json(`/api/projects/${project}`)).project.status).toBe('done')
})

test('made again by its recipe, its file or its artifact, it is the same picture, and no second file', async () => {
  const first = await made(`/api/projects/${project}/renders`, { request: { ...REQUEST, seed: 11 } })
  const before = (await app.json(`/api/projects/${project}`)).files
  const recipe = recipeIn(first.bytes)!
  const again = await made('/api/repetitions', { recipe, sha256: sha256(first.bytes) })
  expect(again).toMatchObject({ project, original: first.items[0].id })
  expect(sha256(again.bytes)).toBe(sha256(first.bytes))
  const third = await made(`/api/artifacts/${first.items[0].id}/repetitions`, {})
  expect(sha256(third.bytes)).toBe(sha256(first.bytes))
  expect(third.items[0].parent).toBe(first.items[0].id)
  expect((await app.json(`/api/projects/${project}`)).files).toEqual(before)
  const elsewhere = await made('/api/repetitions', { recipe })
  expect(elsewhere.project).not.toBe(project)
  expect(sha256(elsewhere.bytes)).toBe(sha256(first.bytes))
})

test('a picture without a project starts one that holds pictures alone', async () => {
  const response = await app.post('/api/renders', { request: { ...REQUEST, prompt: 'a blue jug' } })
  expect(response.status).toBe(201)
  const { project: album } = (await response.json()) as { project: string }
  expect(await app.settled(album)).toBe('done')
  const { project: found, tasks, files } = await app.json(`/api/projects/${album}`)
  expect([found.title, tasks.length, files.length]).toEqual(['A blue jug', 0, 1])
})

describe('what can’t be is said before anything is queued:', () => {
  const wrong: [string, object, number, string][] = [
    ['no prompt', { request: {} }, 422, 'invalid_input'],
    ['a size that no engine takes', { request: { ...REQUEST, width: 9 } }, 422, 'invalid_input'],
    ['a file that is not there', { request: REQUEST, inputs: { init: 'nothing.png' } }, 404, 'unknown_file'],
    ['an input of no kind', { request: REQUEST, inputs: { dress: 'images/hero.png' } }, 422, 'invalid_input'],
    ['an artifact that is not there', { request: REQUEST, parent: 'nobody' }, 404, 'unknown_artifact'],
    ['more than a batch', { request: { ...REQUEST, count: 17 } }, 422, 'invalid_input'],
  ]
  test.each(wrong)('%s', async (_what, body, status, code) => {
    const jobs = async () => (await app.json(`/api/jobs?project=${project}`)).items.length
    const before = await jobs()
    const response = await app.post(`/api/projects/${project}/renders`, body)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
    expect(await jobs()).toBe(before)
  })
})

test('artifacts are listed a page at a time, the newest first, and by kind; those in the trash are not', async () => {
  const all = await app.json(`/api/projects/${project}/artifacts`)
  expect(all.nextCursor).toBeNull()
  const paged: string[] = []
  for (let cursor = ''; ; ) {
    const page = await app.json(`/api/projects/${project}/artifacts?limit=1${cursor && `&cursor=${cursor}`}`)
    paged.push(...page.items.map(({ id }: { id: string }) => id))
    if (!page.nextCursor) break
    cursor = page.nextCursor
  }
  expect(paged).toEqual(all.items.map(({ id }: { id: string }) => id))
  expect((await app.json(`/api/projects/${project}/artifacts?function=video`)).items).toEqual([])
  expect((await app.request(`/api/artifacts?cursor=x`)).status).toBe(422)
  const { project: gone } = (await (await app.post('/api/renders', { request: REQUEST })).json()) as { project: string }
  await app.settled(gone)
  const [{ id }] = (await app.json(`/api/projects/${gone}/artifacts`)).items
  await app.request(`/api/projects/${gone}`, { method: 'DELETE' })
  for (const path of [`/api/artifacts/${id}`, `/api/artifacts/${id}/content`, `/artifacts/${id}`])
    expect((await app.request(path)).status).toBe(404)
})

test('the bytes of an artifact never change under their address, come in parts, and can do nothing', async () => {
  const [{ url, bytes }] = (await app.json(`/api/projects/${project}/artifacts?limit=1`)).items
  const part = await app.request(url, { headers: { range: 'bytes=1-3' } })
  expect([part.status, await part.text()]).toEqual([206, 'PNG'])
  expect(part.headers.get('content-range')).toBe(`bytes 1-3/${bytes}`)
  expect(part.headers.get('cache-control')).toContain('immutable')
  expect(part.headers.get('content-security-policy')).toStartWith('sandbox')
})

test('the pages of the gallery show it, with and without a project, and its form asks for another', async () => {
  const [{ id, path }] = (await app.json(`/api/projects/${project}/artifacts?limit=1`)).items
  const page = async (url: string) => (await app.request(url)).text()
  for (const url of ['/gallery', `/projects/${project}/gallery`, '/gallery?model=any', '/gallery?function=image'])
    expect(await page(url)).toContain(`href="/artifacts/${id}"`)
  expect(await page('/gallery?function=video')).not.toContain(`href="/artifacts/${id}"`)
  const own = await page(`/artifacts/${id}`)
  for (const part of ['How it was made', 'Variations of it', 'Begin with it', `value="${path}"`, 'SHA-256', 'sketch'])
    expect(own).toContain(part)
  expect(await page(`/compare?with=${id}&with=${id}`)).toContain('How much of the second is seen')
  expect(await page('/gallery/now')).toContain('id="rendering"')

  const form = (fields: Record<string, string>) =>
    app.request(`/projects/${project}/renders`, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
    })
  const sent = await form({ prompt: 'a fox', width: '64', height: '64', steps: '1', seed: '', model: '', tier: '' })
  expect([sent.status, sent.headers.get('location')]).toEqual([303, `/projects/${project}/gallery`])
  const refused = await form({ prompt: 'a <fox>', width: 'wide' })
  expect(refused.status).toBe(422)
  const text = await refused.text()
  expect(text).toContain('The field “width” takes a number.')
  expect(text).toContain('a &lt;fox&gt;</textarea>')
  await app.settled(project)
})
