import { expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Device } from '../../src/gpu/devices.ts'
import { leapingApp, type TestApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'

const MENDABLE = join(import.meta.dir, '../support/gpu-mendable-main.ts')
const gpu = (id: string): Device => ({ id, name: `Card ${id}`, kind: 'cuda', totalBytes: 8, freeBytes: 8 })

/** An app on these devices, with a project of `pictures` small pictures; the renderer dies at once on the device `a`. */
async function broken(devices: Device[], pictures: number) {
  const folder = temporaryFolder()
  const file = join(folder.path, 'broken')
  writeFileSync(file, '')
  const size = { kind: 'render', prompt: 'a lighthouse', width: 64, height: 64 }
  const tasks = Array.from({ length: pictures }, (_, i) => ({ id: `p${i}`, path: `images/${i}.png`, ...size }))
  const app = await leapingApp({
    providers: [scriptedModel({ plan: [planOf(tasks)] })],
    devices,
    workerCommand: [process.execPath, MENDABLE, 'a', file],
  })
  const { project } = await app.make()
  return { app, project, mend: () => rmSync(file), [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

/** The pictures' jobs with their attempts. */
async function pictures(app: TestApp, project: string) {
  const { items } = await app.json(`/api/jobs?project=${project}`)
  const renders = items.filter(({ kind }: { kind: string }) => kind === 'render')
  return Promise.all(renders.map(({ id }: { id: string }) => app.json(`/api/jobs/${id}`)))
}

test('a device on which five renders in a row have died is left alone: its jobs wait, uncounted, and all go on when it works again', async () => {
  using one = await broken([gpu('a')], 3)
  await using app = one.app
  const all = () => pictures(app, one.project.id)
  await until(async () => (await all()).filter(({ wait }) => wait?.reason === 'away').length === 3, 'all wait', 15_000)
  const failures = (await all()).map(({ job }) => job.failures)
  expect(failures.reduce((sum, each) => sum + each, 0)).toBe(5)
  for (const { job, wait, attempts } of await all()) {
    expect(wait.says).toBe(
      'The renderer on Card a is not reachable: it has failed 5 times in a row. Hearth tries again by itself.',
    )
    expect(job).toMatchObject({ state: 'queued', error: { code: 'circuit_open', context: { key: 'device:a/sketch' } } })
    const died = attempts.filter(({ outcome }: { outcome: string }) => outcome === 'retried')
    expect(died).toHaveLength(job.failures)
    for (const { error } of died) expect(error).toMatchObject({ code: 'gpu_worker_died' })
  }

  one.mend()
  app.pass(30_000)
  expect(await app.settled(one.project.id)).toBe('done')
  expect((await all()).map(({ job }) => job.failures)).toEqual(failures)
}, 60_000)

test('while one device is left alone the others do all the work', async () => {
  using one = await broken([gpu('a'), gpu('b')], 9)
  await using app = one.app
  expect(await app.settled(one.project.id)).toBe('done')
  const all = (await pictures(app, one.project.id)).flatMap(({ attempts }) => attempts)
  const count = (device: string, outcome: string) =>
    all.filter((each) => each.device === device && each.outcome === outcome).length
  expect([count('a', 'retried'), count('a', 'succeeded'), count('b', 'retried'), count('b', 'succeeded')]).toEqual([
    5, 0, 0, 9,
  ])
  expect(count('a', 'snoozed') + count('b', 'snoozed')).toBe(0)
}, 60_000)
