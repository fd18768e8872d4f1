import { expect, test } from 'bun:test'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { PYTHON } from '../support/gpu-attempts.ts'
import { FAULTY, processesOf } from '../support/gpu-faulty.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'

const TASK = { id: 'a', kind: 'render', path: 'images/hero.png', prompt: 'a lighthouse', width: 64, height: 64 }
const REQUEST = { prompt: 'a red boat', width: 64, height: 64, steps: 2 }

/** A copy of the engine for tests that asks for no model. */
function withoutModel(folder: string): string {
  const place = join(folder, 'copy', 'faulty')
  cpSync(FAULTY, place, { recursive: true })
  const manifest = readFileSync(join(place, 'engine.toml'), 'utf8')
  writeFileSync(join(place, 'engine.toml'), manifest.replace('families = ["*"]', 'families = []'))
  return place
}

/** The end of a render's job, as the API tells it. */
async function rendered(app: TestApp, project: string, engine: string) {
  const response = await app.post(`/api/projects/${project}/renders`, { request: { ...REQUEST, engine } })
  const { job } = (await response.json()) as { job: { id: string } }
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  await reading.until(({ type }) => /^job\.(succeeded|failed|held)$/.test(String(type)), 'its end')
  return app.json(`/api/jobs/${job.id}`)
}

test('an engine that is dropped into the data directory renders for the whole product, with no change to it', async () => {
  using data = temporaryFolder()
  const place = join(data.path, 'engines', 'echo')
  mkdirSync(place, { recursive: true })
  cpSync(join(import.meta.dir, '../support/echo-engine.sh'), join(place, 'worker.sh'))
  await Bun.write(
    join(place, 'engine.toml'),
    `name = "echo"\nlabel = "Echo"\nversion = "1"\nfunctions = ["image"]\ncommand = ["/bin/sh", "{engine}/worker.sh"]\n`,
  )
  const providers = [scriptedModel({ plan: [planOf([TASK])] })]
  await using app = await testApp({ providers, data: data.path })
  const project = (await app.make()).project.id
  await app.settled(project)
  const { job } = await rendered(app, project, 'echo')
  expect(job).toMatchObject({ state: 'succeeded', result: { engine: 'echo' } })
  const { items } = await app.json(`/api/artifacts?job=${job.id}`)
  expect(await (await app.request(items[0].url)).text()).toBe('P3 1 1 255 0 0 0\n')
})

test('a renderer may do several jobs, and ends with the server', async () => {
  const providers = [scriptedModel({ plan: [planOf([TASK])] })]
  const settings = { HEARTH_GPU_REUSE: '5', HEARTH_PYTHON: PYTHON }
  using data = temporaryFolder()
  const engine = withoutModel(data.path)
  {
    await using app = await testApp({ providers, settings, engineFolders: [engine], data: data.path })
    const project = (await app.make()).project.id
    await app.settled(project)
    const ends = [await rendered(app, project, 'faulty'), await rendered(app, project, 'faulty')]
    expect(ends.map(({ job }) => [job.state, job.result.engine])).toEqual([
      ['succeeded', 'faulty'],
      ['succeeded', 'faulty'],
    ])
    expect(processesOf(join(data.path, 'attempts'))).toHaveLength(1)
  }
  expect(processesOf(join(data.path, 'attempts'))).toEqual([])
})
