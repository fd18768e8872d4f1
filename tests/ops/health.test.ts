import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { authenticate } from '../../src/accounts/authenticate.ts'
import { sessionCookie } from '../../src/accounts/cookie.ts'
import { createToken } from '../../src/accounts/tokens.ts'
import { DomainError } from '../../src/errors.ts'
import type { Blobs } from '../../src/files/blobs.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { fixedModels } from '../../src/llm/fixed-models.ts'
import { readiness } from '../../src/ops/health.ts'
import { healthRoutes, opsRoutes } from '../../src/ops/routes.ts'
import { guard } from '../../src/web/guard.ts'
import { addAda, LOCAL_SECRET, type TestAccounts, testAccounts } from '../accounts/house.ts'
import { at, edge } from '../web/app.ts'

const working = () => true

async function opsApp({ deps, clock }: TestAccounts) {
  const door = guard(authenticate({ ...deps, cookie: sessionCookie(undefined), localSecret: LOCAL_SECRET }))
  const doctor = {
    config: { data: '/', host: '127.0.0.1', port: 0, databaseUrl: 'file:/nowhere', model: undefined },
    db: deps.db,
    serving: 'http://127.0.0.1:4321',
    devices: async () => [],
    models: fixedModels([]),
    tmp: '/tmp',
    now: deps.now,
  }
  const backup = { ...deps, blobs: {} as Blobs, data: '/nowhere' }
  const machine = {
    watch: { now: () => [cpuDevice()], degraded: () => null },
    devices: { counts: () => ({ busy: 0, waiting: 1, slots: 1 }), held: () => [] },
  }
  const more = {
    ...machine,
    backup,
    routes: () => [],
    hub: { size: 3 },
    running: () => 2,
    startedAt: clock.at - 60_000,
  }
  const app = edge()
    .app.use(healthRoutes({ db: deps.db, working }))
    .use(
      new Elysia()
        .use(door)
        .guard({ signedIn: true }, (inside) => inside.use(opsRoutes({ ...deps, ...more, door, doctor }))),
    )
  await app.modules
  return (path: string, headers: Record<string, string> = {}, method = 'GET', body: string | null = null) =>
    app.handle(at(path, { headers, method, body }))
}

describe('ready is', () => {
  test('a database that reads and writes, and a worker', async () => {
    await using house = await testAccounts()
    expect(await readiness({ db: house.deps.db, working })).toEqual({ ready: true })
  })

  test('not a server whose worker has not started', async () => {
    await using house = await testAccounts()
    expect(await readiness({ db: house.deps.db, working: () => false })).toMatchObject({
      ready: false,
      reason: expect.stringContaining('worker'),
    })
  })

  test('not a database that refuses writes: its own sentence is the reason', async () => {
    await using house = await testAccounts()
    const write = () => Promise.reject(new DomainError('disk_full', 'The disk is full. Free some space.'))
    const state = await readiness({ db: { read: house.deps.db.read, write }, working })
    expect(state).toEqual({ ready: false, reason: 'The disk is full. Free some space.' })
  })

  test('not a database that hangs', async () => {
    await using house = await testAccounts()
    const write = () => new Promise<never>(() => {})
    expect(await readiness({ db: { read: house.deps.db.read, write }, working }, 20)).toMatchObject({ ready: false })
  })

  test('and a bug inside is not told to strangers', async () => {
    await using house = await testAccounts()
    const write = () => Promise.reject(new Error('password of the database: x'))
    expect(await readiness({ db: { read: house.deps.db.read, write }, working })).toEqual({
      ready: false,
      reason: 'The database does not answer.',
    })
  })
})

test('health is open to all and never kept by a cache; asking does not write', async () => {
  await using house = await testAccounts()
  const visit = await opsApp(house)
  for (const path of ['/health/live', '/health/ready']) {
    const answer = await visit(path)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
  }
  expect(await house.rows('events')).toEqual([])
})

test('an unready server answers 503 with the reason', async () => {
  await using house = await testAccounts()
  const app = edge().app.use(healthRoutes({ db: house.deps.db, working: () => false }))
  await app.modules
  const answer = await app.handle(at('/health/ready'))
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { ready: false, reason: expect.stringContaining('worker') },
  ])
  expect((await app.handle(at('/health/live'))).status).toBe(200)
})

describe('metrics', () => {
  test('are for those who may read', async () => {
    await using house = await testAccounts()
    const visit = await opsApp(house)
    await addAda(house)
    const { secret } = await createToken(house.deps, {
      name: 'prometheus',
      account: 'ada@example.com',
      scopes: ['read'],
    })
    for (const accept of ['application/json', '*/*', 'text/html']) {
      const stranger = await visit('/metrics', { accept })
      expect([stranger.status, stranger.headers.get('location')]).toEqual([401, null])
      expect(await stranger.text()).not.toContain('hearth_jobs')
    }
    const answer = await visit('/metrics', { authorization: `Bearer ${secret}` })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ])
  })

  test('say what runs, in the text format: each with its help, its type and a number', async () => {
    await using house = await testAccounts()
    const visit = await opsApp(house)
    await house.deps.db.write((tx) =>
      tx.run(
        sql`insert into jobs (id, kind, lane, state, run_at, created_at) values ('j1', 'write', 'write', 'queued', 0, 0)`,
      ),
    )
    await addAda(house)
    const text = await (await visit('/metrics', { authorization: `Bearer local_${LOCAL_SECRET}` })).text()
    const lines = text.trimEnd().split('\n')
    expect(text).toEndWith('\n')
    for (const line of [
      'hearth_jobs{state="queued"} 1',
      'hearth_jobs{state="running"} 0',
      'hearth_jobs_running_here 2',
      'hearth_events_total 1',
      'hearth_streams_open 3',
      'hearth_db_busy_total 0',
      'process_uptime_seconds 60',
    ])
      expect(lines).toContain(line)
    expect(text).toMatch(/hearth_build_info\{version="\d+\.\d+\.\d+",bun="1\.[\d.]+",arch="\w+"\} 1/)
    expect(text).toMatch(/process_resident_memory_bytes [1-9]\d{6,}/)
    for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]+\})? -?[\d.e+]+)$/)
    expect(lines.filter((line) => line.startsWith('# HELP')).length).toBe(
      lines.filter((line) => line.startsWith('# TYPE')).length,
    )
  })
})

test('the machine is examined for the owner alone', async () => {
  await using house = await testAccounts()
  const visit = await opsApp(house)
  await addAda(house)
  const { secret } = await createToken(house.deps, { name: 'x', account: 'ada@example.com' })
  expect((await visit('/api/doctor')).status).toBe(401)
  expect((await visit('/api/doctor', { authorization: `Bearer ${secret}` })).status).toBe(403)
  const answer = await visit('/api/doctor', { authorization: `Bearer local_${LOCAL_SECRET}` })
  expect(((await answer.json()) as { items: { name: string }[] }).items.map(({ name }) => name)).toContain('database')
})

test('a backup is made on the machine itself, not through a token, be it the owner’s', async () => {
  await using house = await testAccounts()
  const visit = await opsApp(house)
  await addAda(house)
  const { secret } = await createToken(house.deps, { name: 'x', account: 'ada@example.com', scopes: ['admin'] })
  expect((await visit('/api/backups', {}, 'POST')).status).toBe(401)
  const answer = await visit(
    '/api/backups',
    { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    'POST',
    '{}',
  )
  expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ code: 'local_only' })])
})
