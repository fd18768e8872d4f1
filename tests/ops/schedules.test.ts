import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cli } from '../../src/cli/io.ts'
import { run as schedule } from '../../src/cli/schedule.ts'
import { run as schedules } from '../../src/cli/schedules.ts'
import { readConfig } from '../../src/config.ts'
import { readManifest } from '../../src/ops/unpack.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'

let app: TestApp
beforeAll(async () => {
  app = await testApp()
})
afterAll(() => app[Symbol.asyncDispose]())

// biome-ignore lint/suspicious/noExplicitAny: the answers of many routes
async function answer(path: string, method = 'POST', body?: object): Promise<any> {
  const init = body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}
  const response = await app.request(path, { method, ...init })
  return response.status === 204 ? 204 : { status: response.status, ...((await response.json()) as object) }
}

async function listed(id: string) {
  const { items } = await app.json('/api/schedules')
  return items.find((each: { id: string }) => each.id === id)
}

async function form(path: string, fields: Record<string, string> = {}): Promise<Response> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return app.request(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() })
}

async function ranNow(id: string) {
  const { status, job } = await answer(`/api/schedules/${id}/runs`)
  expect(status).toBe(201)
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  await reading.until(({ type }) => /succeeded|failed/.test(type), 'its end')
  return (await app.json(`/api/jobs/${job.id}`)).job
}

function terminal(data = app.data) {
  const said: string[] = []
  const complained: string[] = []
  const config = readConfig({ HEARTH_DATA: data, HEARTH_LOG: 'silent' })
  const io: Cli = {
    out: (text) => void said.push(text),
    err: (text) => void complained.push(text),
    config,
    stdin: async () => '',
    isTty: false,
  }
  return { io, said, complained }
}

test('a fresh server has its own schedules, each with its next time, and has run none', async () => {
  const { items } = await app.json('/api/schedules')
  for (const id of ['backup', 'attempts']) {
    const own = items.find((each: { id: string }) => each.id === id)
    expect(own).toMatchObject({ builtIn: true, pausedAt: null, missed: 'once', last: null })
    expect(own.nextAt).toBeGreaterThan(Date.now())
    expect(own.nextAt).toBeLessThan(Date.now() + 25 * 3_600_000)
  }
})

test('the backup that is run now is a whole one, in backups/, and only the newest of its own stay', async () => {
  const folder = join(app.data, 'backups')
  mkdirSync(folder, { recursive: true })
  for (let day = 1; day <= 9; day++) writeFileSync(join(folder, `hearth-2025-01-0${day}T03-30-00Z.tar`), '')
  writeFileSync(join(folder, 'hearth-2025-01-01T03-30-00Z.tar.partial'), '')
  writeFileSync(join(folder, 'hearth-2099-01-01T03-30-00Z.tar'), '') // by a clock that ran ahead: older than what is made now
  writeFileSync(join(folder, 'mine.tar'), '')
  const { state, result } = await ranNow('backup')
  expect([state, result.removed.length]).toEqual(['succeeded', 5])
  expect(result.removed).toContain('hearth-2099-01-01T03-30-00Z.tar')
  expect(readdirSync(folder).filter((name) => name.startsWith('hearth-'))).toHaveLength(7)
  expect(existsSync(join(folder, 'mine.tar'))).toBe(true)
  expect((await readManifest(join(folder, result.file))).format).toBe(1)
  expect((await listed('backup')).last).toMatchObject({ state: 'succeeded', says: result.says })
})

test('the folders of attempts that nobody goes on from are cleared away', async () => {
  mkdirSync(join(app.data, 'attempts', 'nobody', '1'), { recursive: true })
  const { result } = await ranNow('attempts')
  expect(result).toEqual({ jobs: 1, says: 'Removed the folders of 1 job' })
  expect(existsSync(join(app.data, 'attempts', 'nobody'))).toBe(false)
})

test('a schedule is added, re-timed, paused, resumed and removed through the API', async () => {
  const asked = { name: 'Sundays', cron: '0 5 * * 0', timezone: 'Europe/Berlin', kind: 'backup', input: { keep: 2 } }
  const { status, schedule } = await answer('/api/schedules', 'POST', asked)
  expect([status, schedule.input, schedule.missed]).toEqual([201, { keep: 2 }, 'once'])
  const at = `/api/schedules/${schedule.id}`
  expect((await answer(at, 'PATCH', { cron: '0 6 * * 0', missed: 'skip' })).schedule).toMatchObject({
    cron: '0 6 * * 0',
    missed: 'skip',
    timezone: 'Europe/Berlin',
  })
  expect((await answer(`${at}/pause`)).schedule).toMatchObject({ nextAt: null })
  expect((await answer(`${at}/resumption`)).schedule.nextAt).toBeGreaterThan(Date.now())
  expect(await answer(at, 'DELETE')).toBe(204)
  expect((await answer(at, 'DELETE')).code).toBe('unknown_schedule')
  expect((await answer('/api/schedules/backup', 'DELETE')).code).toBe('built_in')
  expect((await answer('/api/schedules', 'POST', { ...asked, cron: 'x' })).code).toBe('bad_cron')
  expect((await answer('/api/schedules', 'POST', { ...asked, input: { keep: 0 } })).code).toBe('invalid_input')
  expect((await answer('/api/schedules', 'POST', { ...asked, kind: 'render' })).code).toBe('not_schedulable')
})

test('schedules are the owner’s: a token without “admin” neither sees nor changes them', async () => {
  await answer('/api/accounts', 'POST', { email: 'ada@example.com', password: 'tea with the neighbours' })
  const { secret } = await answer('/api/tokens', 'POST', { name: 'x', account: 'ada@example.com', scopes: ['write'] })
  for (const [method, path] of [
    ['GET', '/api/schedules'],
    ['POST', '/api/schedules/backup/runs'],
    ['POST', '/api/schedules/backup/pause'],
    ['DELETE', '/api/schedules/backup'],
    ['GET', '/schedules'],
    ['POST', '/schedules/backup/pause'],
  ] as const)
    expect([
      path,
      (await app.request(path, { method, headers: { authorization: `Bearer ${secret}` } })).status,
    ]).toEqual([path, 403])
})

test('the page does all of it with plain forms, and keeps what was typed when it is refused', async () => {
  const typed = { name: 'A < B', cron: '0 5 * * 0', timezone: 'UTC', kind: 'attempts', missed: 'skip' }
  const refused = await form('/schedules', { ...typed, cron: 'each day' })
  expect(refused.status).toBe(422)
  const said = await refused.text()
  for (const part of ['role="alert"', 'value="A &lt; B"', 'value="each day"']) expect(said).toContain(part)
  expect((await form('/schedules', typed)).headers.get('location')).toBe('/schedules')
  const page = await (await app.request('/schedules')).text()
  const id = /schedule-([\w-]{22})"/.exec(page)![1]!
  expect(page).toContain('left out when missed')
  for (const [noun, fields] of [
    ['timing', { cron: '0 7 * * 0', timezone: 'UTC', missed: 'once' }],
    ['pause', {}],
    ['resumption', {}],
    ['runs', {}],
  ] as const)
    expect([noun, (await form(`/schedules/${id}/${noun}`, fields)).status]).toEqual([noun, 303])
  expect(await listed(id)).toMatchObject({ cron: '0 7 * * 0', missed: 'once', name: 'A < B' })
  expect((await form('/schedules/backup/removal')).status).toBe(409)
  expect((await form(`/schedules/${id}/removal`)).status).toBe(303)
  expect(await listed(id)).toBeUndefined()
})

test('the command line lists, adds, pauses, resumes, runs and removes with the secret of the machine', async () => {
  const { io, said, complained } = terminal()
  const add = ['add', 'Weekly', '--kind', 'backup', '--cron', '0 5 * * 0', '--input', '{"keep":3}']
  expect([await schedule(add, io), complained]).toEqual([0, []])
  const id = /^(\S+) runs next at \d{4}-/.exec(said[0]!)![1]!
  for (const verb of ['pause', 'resume', 'run', 'remove'])
    expect([verb, await schedule([verb, verb === 'run' ? 'attempts' : id], io)]).toEqual([verb, 0])
  expect(said.slice(1)).toEqual([`Paused ${id}.`, `Resumed ${id}.`, 'Started attempts.', `Removed ${id}.`])
  expect(await schedule(['time', 'backup', '--cron', '0 4 * * *'], io)).toBe(0)
  expect(await schedules([], io)).toBe(0)
  expect(said.find((line) => line.startsWith('backup  '))).toMatch(
    /^backup {2}0 4 \* \* \* .+ UTC {2}Backup {2}succeeded: Saved /,
  )
  expect(await schedule(['pause', 'nothing'], io)).toBe(1)
  expect(complained).toEqual(['There is no schedule with the id “nothing”. Check the address.'])
  for (const wrong of [
    [],
    ['add'],
    ['pause'],
    ['fly', 'x'],
    ['time', 'x'],
    ['run', 'x', '--cron', 'y'],
    ['run', 'x', 'y'],
  ])
    expect(await schedule(wrong, io)).toBe(2)
})

test('with no server, the command line says what to do', async () => {
  using folder = temporaryFolder()
  const { io, complained } = terminal(folder.path)
  expect([await schedules([], io), await schedule(['run', 'backup'], io)]).toEqual([1, 1])
  expect(complained[0]).toContain('Run hearth serve')
})
