import { expect, test } from 'bun:test'
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { isFileTask } from '../../src/llm/provider.ts'
import { leapingApp, type TestApp, testApp } from '../support/app.ts'
import { silent, temporaryFolder } from '../support/database.ts'
import { workersIn } from '../support/gpu-attempts.ts'
import { until } from '../support/jobs.ts'
import { ONE_FILE, ONE_PICTURE, scriptedModel } from '../support/scripted-model.ts'
import { canMount, fillUp, smallDisk } from '../support/small-disk.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')
const FAULTY = join(import.meta.dir, '../support/gpu-faulty-main.ts')
const onSmallDisk = test.skipIf(!canMount())

const FAULTS = {
  hang: 'gpu_worker_hung',
  garbage: 'gpu_worker_garbage',
  die: 'gpu_worker_died',
  'exit-1': 'gpu_worker_died',
}

for (const [fault, code] of Object.entries(FAULTS))
  test(`a renderer that fails by “${fault}” is ${code}; the next attempt goes on and the project ends`, async () => {
    const command = [process.execPath, FAULTY, fault]
    await using app = await leapingApp({ providers: [scriptedModel({ plan: [ONE_PICTURE] })], workerCommand: command })
    const { project } = await app.make()
    using reading = await app.follow(`/api/projects/${project.id}/events`)
    if (fault === 'hang') {
      await reading.until(({ step }) => step === 4, 'step 4')
      app.clock.pass(31_000)
    }
    const { error, job } = await reading.until(({ type }) => type === 'job.retrying', 'job.retrying')
    expect(error).toMatchObject({ code, retryable: true })
    expect(error.message).toMatch(/^The (renderer|device) .{20,200}\.$/)
    expect(await app.settled(project.id)).toBe('done')
    const { attempts } = await app.json(`/api/jobs/${job}`)
    expect(attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['retried', 'succeeded'])
    expect(workersIn(join(app.data, 'attempts'))).toEqual([])
  })

test('a renderer that runs out of memory goes on one rung lower, and nothing of that counts as a failure', async () => {
  const command = [process.execPath, FAULTY, 'oom']
  await using app = await testApp({ providers: [scriptedModel({ plan: [ONE_PICTURE] })], workerCommand: command })
  const { project } = await app.make()
  expect(await app.settled(project.id)).toBe('done')
  const [task] = (await app.json(`/api/projects/${project.id}`)).tasks
  const { job, attempts, renders } = await app.json(`/api/jobs/${task.job}`)
  expect([job.attempt, job.failures]).toEqual([2, 0])
  expect(attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['snoozed', 'succeeded'])
  expect(renders.map(({ rung, outcome }: { rung: number; outcome: string }) => [rung, outcome])).toEqual([
    [0, 'gpu_out_of_memory'],
    [1, 'succeeded'],
  ])
  expect(workersIn(join(app.data, 'attempts'))).toEqual([])
})

test('a renderer that finds no space holds its job for a person, who retries it', async () => {
  const command = [process.execPath, FAULTY, 'disk-full']
  await using app = await testApp({ providers: [scriptedModel({ plan: [ONE_PICTURE] })], workerCommand: command })
  const { project } = await app.make()
  expect(await app.settled(project.id)).toBe('held')
  const [task] = (await app.json(`/api/projects/${project.id}`)).tasks
  const { job } = await app.json(`/api/jobs/${task.job}`)
  expect(job).toMatchObject({
    state: 'held',
    error: { code: 'disk_full', message: expect.stringMatching(/Free some space/) },
  })
  expect((await app.post(`/api/jobs/${task.job}/retry`)).status).toBe(202)
  expect(await app.settled(project.id)).toBe('done')
})

test('a renderer that can’t be started fails its job in words', async () => {
  const model = scriptedModel({ plan: [ONE_PICTURE] })
  await using app = await leapingApp({ providers: [model], workerCommand: ['/nowhere/hearth', 'worker'] })
  const { project } = await app.make()
  expect(await app.settled(project.id)).toBe('failed')
  const [task] = (await app.json(`/api/projects/${project.id}`)).tasks
  const { job } = await app.json(`/api/jobs/${task.job}`)
  expect(job.error).toMatchObject({ code: 'gpu_worker_died', message: expect.stringMatching(/hearth doctor/) })
})

onSmallDisk('a full disk refuses in words what would write, still shows what there is, and loses nothing', async () => {
  using disk = smallDisk(24)
  const model = scriptedModel({ plan: [ONE_FILE], files: { 'note.md': ['Hello.\n'] } })
  await using app = await testApp({ data: disk.path, providers: [model] })
  const { project } = await app.make('a note', { autorun: false })
  await app.settled(project.id)
  const filler = fillUp(disk.path)
  for (const [path, body] of [
    ['/api/projects', { brief: 'another' }],
    [`/api/projects/${project.id}/runs`, undefined],
  ] as const) {
    const response = await app.post(path, body)
    expect(response.status).toBe(507)
    expect(await response.json()).toMatchObject({ code: 'disk_full', detail: expect.stringMatching(/Free some space/) })
  }
  expect((await app.json('/api/projects')).items).toHaveLength(1)
  expect((await app.json(`/api/projects/${project.id}`)).project.status).toBe('ready')

  rmSync(filler)
  expect((await app.post(`/api/projects/${project.id}/runs`)).status).toBe(201)
  expect(await app.settled(project.id)).toBe('done')
})

onSmallDisk(
  'a file that the disk has no room for holds its job with nothing half-written; a retry ends it',
  async () => {
    using disk = smallDisk(24)
    const model = scriptedModel({
      plan: [ONE_FILE],
      files: { 'note.md': [`${'A line of a long note.\n'.repeat(22_000)}`] },
    })
    await using app = await testApp({ data: disk.path, providers: [model] })
    const { project } = await app.make('a note', { autorun: false })
    await app.settled(project.id)
    const filler = leaveFree(disk.path, 300_000)
    await app.post(`/api/projects/${project.id}/runs`)
    const [task] = (await app.json(`/api/projects/${project.id}`)).tasks
    await until(() => model.asked.filter(({ task }) => isFileTask(task)).length === 1 && model.busy === 0)
    await Bun.sleep(300)
    expect((await app.json(`/api/projects/${project.id}`)).files).toEqual([])
    rmSync(filler)
    await until(async () => (await app.json(`/api/jobs/${task.job}`)).job.state === 'held', 'that it is held')
    expect((await app.json(`/api/jobs/${task.job}`)).job.error.code).toBe('disk_full')
    expect(partsIn(app.data)).toEqual([])
    expect((await app.post(`/api/jobs/${task.job}/retry`)).status).toBe(202)
    expect(await app.settled(project.id)).toBe('done')
    expect((await app.json(`/api/projects/${project.id}`)).files).toMatchObject([{ path: 'note.md', version: 1 }])
  },
  15_000,
)

test('a data directory that another server owns is refused in words, and left as it is', async () => {
  await using app = await testApp({ work: false })
  const config = readConfig({ HEARTH_DATA: app.data, HEARTH_PORT: '0', HEARTH_PREVIEW_PORT: '0' })
  await expect(createApp(config, { log: silent })).rejects.toMatchObject({ code: 'data_directory_in_use' })
  const { code, errors } = await hearth(['serve'], { HEARTH_DATA: app.data })
  expect(code).toBe(1)
  expect(errors).toBe(
    `Another Hearth server (process ${process.pid}) owns ${app.data}. Stop it, or give this one another HEARTH_DATA.\n`,
  )
  expect((await app.request('/health/ready')).status).toBe(503) // nobody works here, but it still answers
})

test('a port in use is refused in words, and the data directory is free again', async () => {
  using taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  using folder = temporaryFolder()
  const { code, errors } = await hearth(['serve'], { HEARTH_DATA: folder.path, HEARTH_PORT: String(taken.port) })
  expect(code).toBe(1)
  expect(errors).toBe(
    `Port ${taken.port} on 127.0.0.1 is in use. Stop what uses it, or set HEARTH_PORT and HEARTH_PREVIEW_PORT to free ones.\n`,
  )
  await using app = await testApp({ data: folder.path })
  expect((await app.request('/health/ready')).status).toBe(200)
})

test('a setting that can’t be used is named', async () => {
  using folder = temporaryFolder()
  const { code, errors } = await hearth(['serve'], { HEARTH_DATA: folder.path, HEARTH_PORT: 'many' })
  expect([code, errors]).toEqual([1, expect.stringMatching(/^The setting HEARTH_PORT can't be used: .+\n$/)])
})

async function hearth(args: string[], env: Record<string, string>) {
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH, HEARTH_PREVIEW_PORT: '0', ...env },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  return { code: await child.exited, errors: await new Response(child.stderr).text() }
}

/** Fills a disk but for some bytes. Returns the file to remove for space. */
function leaveFree(path: string, bytes: number): string {
  const file = join(path, 'filler')
  const { bavail, bsize } = statfsSync(path)
  writeFileSync(file, Buffer.alloc(bavail * bsize - bytes))
  return file
}

/** What somebody began to write and did not end. */
function partsIn(data: TestApp['data']): string[] {
  return readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(part|tmp)\b/.test(path))
}
