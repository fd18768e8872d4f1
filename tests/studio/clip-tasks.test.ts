import { expect, test } from 'bun:test'
import { type TestApp, testApp } from '../support/app.ts'
import { filmApp } from '../support/film-app.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'

const FILM = 'a 30-second film about a lighthouse, with two pictures'
const CLIP = { id: 'boat', kind: 'render', path: 'clips/boat.mp4', prompt: 'a boat at sea' }
const PAGE = (inside: string) => `<!doctype html>\n<html lang="en"><title>Boat</title><body>${inside}</body></html>\n`
const SHOWN = PAGE('<video src="clips/boat.mp4" poster="clips/boat.jpg" controls aria-label="A boat"></video>')

/** The paths of a project's files, and what its check has said. */
async function found(app: TestApp, project: string) {
  const { files, tasks, project: about } = await app.json(`/api/projects/${project}`)
  using reading = await app.follow(`/api/projects/${project}/events?follow=false`)
  await reading.over
  const check = reading.durable().find(({ type }) => type === 'check.finished')
  return { paths: files.map(({ path }: { path: string }) => path), tasks, about, check }
}

test('a film becomes clips where something makes them: files with their first frames, on pages that the check finds whole', async () => {
  await using app = await filmApp()
  const { project } = await app.make(FILM)
  expect(await app.settled(project.id)).toBe('done')
  const { paths, check, tasks } = await found(app, project.id)
  const clips = paths.filter((path: string) => path.endsWith('.mp4'))
  expect(clips).toHaveLength(2)
  for (const clip of clips) expect(paths).toContain(clip.replace('.mp4', '.jpg'))
  expect(check).toMatchObject({ problems: [] })
  expect(tasks.find(({ path }: { path: string }) => path === clips[0])).toMatchObject({ width: 832, height: 480 })
  const page = await (await app.request(`/projects/${project.id}`)).text()
  expect(page).toMatch(/<img src="[^"]*\/poster"[^>]*, a clip">/)
  const { items } = await app.json(`/api/projects/${project.id}/artifacts`)
  expect(items[0]).toMatchObject({ function: 'video', model: 'film/tiny', mediaType: 'video/mp4' })
}, 30_000)

test('where nothing makes clips, a film is told in pictures, and the plan says so', async () => {
  await using app = await testApp()
  const { project } = await app.make(FILM)
  expect(await app.settled(project.id)).toBe('done')
  const { paths, about, check } = await found(app, project.id)
  expect(paths.filter((path: string) => /\.(mp4|jpg)$/.test(path))).toEqual([])
  expect(about.summary).toEndWith('Nothing here makes clips yet, so pictures stand in for them.')
  expect(check).toMatchObject({ problems: [] })
}, 30_000)

test('a model that plans clips is told whether they can be made, and shown those that can’t', async () => {
  const plan = [
    planOf([CLIP, { id: 'page', path: 'index.html' }]),
    planOf([
      { ...CLIP, path: 'images/boat.png' },
      { id: 'page', path: 'index.html' },
    ]),
  ]
  const model = scriptedModel({ plan, files: { 'index.html': [PAGE('<img src="images/boat.png" alt="A boat">')] } })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make('a boat, filmed')
  expect(await app.settled(project.id)).toBe('done')
  const asked = JSON.stringify(model.asked)
  expect(asked).toContain(
    '“boat” renders the clip “clips/boat.mp4”, and nothing here makes clips: plan a picture instead.',
  )
  expect(asked).not.toContain('Clips can be made here')
}, 30_000)

test('a model that may plan clips refers to one by its path and its first frame', async () => {
  const plan = [planOf([CLIP, { id: 'page', path: 'index.html' }])]
  const model = scriptedModel({ plan, files: { 'index.html': [SHOWN] } })
  await using app = await filmApp({ providers: [model] })
  const { project } = await app.make('a boat, filmed')
  expect(await app.settled(project.id)).toBe('done')
  const { paths, check } = await found(app, project.id)
  expect(paths.toSorted()).toEqual(['clips/boat.jpg', 'clips/boat.mp4', 'index.html'])
  expect(check).toMatchObject({ problems: [] })
  const asked = JSON.stringify(model.asked)
  expect(asked).toContain('(Clips can be made here, of a few seconds each.)')
  expect(asked).toContain('clips/boat.mp4 (clip, its first frame is clips/boat.jpg)')
}, 30_000)

test('a clip that a person plans where nothing makes one waits for that, and the rest of the project is made', async () => {
  await using app = await testApp()
  const { project } = await app.make()
  expect(await app.settled(project.id)).toBe('done')
  const added = await app.post(`/api/projects/${project.id}/tasks`, { title: 'Boat', kind: 'render', path: CLIP.path })
  expect(added.status).toBe(201)
  expect(await app.settled(project.id)).toBe('held')
  const { tasks, paths } = await found(app, project.id)
  const { job } = tasks.find(({ path }: { path: string }) => path === CLIP.path)
  expect((await app.json(`/api/jobs/${job}`)).job).toMatchObject({ state: 'held', error: { code: 'gpu_no_model' } })
  expect(paths).toContain('index.html')
  expect(await (await app.request(`/projects/${project.id}`)).text()).toContain('Add one on the page “Weights”')
}, 30_000)
