import { describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { table } from '../../src/cli/doctor.ts'
import { systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { lockDataDirectory } from '../../src/db/lock.ts'
import { openDatabase } from '../../src/db/open.ts'
import { fixedModels } from '../../src/llm/fixed-models.ts'
import { openProviders } from '../../src/llm/open-models.ts'
import { placesOf } from '../../src/llm/setup/places.ts'
import { openReach } from '../../src/llm/setup/reach.ts'
import { type DoctorDeps, examine } from '../../src/ops/doctor.ts'
import { examineTemporary } from '../../src/ops/doctor-folders.ts'
import { silent, temporaryFolder } from '../support/database.ts'

const GIB = 1024 ** 3

function patient(data: string, more: Partial<DoctorDeps> = {}, env: Record<string, string> = {}): DoctorDeps {
  const config = { ...readConfig({ HEARTH_DATA: data, ...env }), port: 0 }
  return {
    config,
    db: null,
    serving: null,
    devices: async () => [{ id: 'cpu', name: 'CPU', kind: 'cpu', totalBytes: 8 * GIB, freeBytes: 2 * GIB }],
    models: fixedModels(openProviders(config, systemClock)),
    tmp: '/tmp',
    now: Date.now,
    ...more,
  }
}

async function finding(deps: DoctorDeps, name: string) {
  return (await examine(deps)).find((one) => one.name === name)!
}

async function makeDatabase(folder: string): Promise<void> {
  const url = `file:${join(folder, 'hearth.db')}`
  const db = await openDatabase({ url, backups: join(folder, 'backups'), now: () => 1, log: silent })
  await db[Symbol.asyncDispose]()
}

test('a fresh machine can work, and the look leaves nothing behind', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'not', 'yet')
  const found = await examine(patient(data))
  expect(found.filter(({ level }) => level === 'bad')).toEqual([])
  expect(found.map(({ name }) => name)).toEqual([
    'hearth',
    'data directory',
    'database',
    'temporary files',
    'device',
    'tiers',
    'engine',
    'model',
    'git',
    'server',
  ])
  expect(found.find(({ name }) => name === 'database')?.says).toContain('none yet')
  expect(readdirSync(folder.path)).toEqual([])
})

test('without a key the model is the demo, with a warning; with one it is not', async () => {
  using folder = temporaryFolder()
  expect((await finding(patient(folder.path), 'model')).level).toBe('warn')
  const keyed = await finding(patient(folder.path, {}, { ANTHROPIC_API_KEY: 'sk-secret' }), 'model')
  expect(keyed.level).toBe('ok')
  expect(keyed.says).not.toContain('sk-secret')
})

test('each provider that is set up is asked, and says how it is; what is nearby is only told of', async () => {
  using folder = temporaryFolder()
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) =>
      new URL(request.url).pathname === '/api/tags'
        ? Response.json({ models: [{ name: 'qwen', size: 1 }] })
        : new Response('{}', { status: 401 }),
  })
  const at = `http://127.0.0.1:${server.port}`
  const env = {
    ANTHROPIC_API_KEY: 'sk-secret-1',
    ANTHROPIC_BASE_URL: at,
    OPENAI_API_KEY: 'sk-secret-2',
    OPENAI_BASE_URL: 'http://127.0.0.1:1',
    HEARTH_LOCAL_SERVERS: at,
  }
  const { vendors, localServers } = readConfig({ HEARTH_DATA: folder.path, ...env })
  const places = placesOf(vendors, { keys: new Map(), servers: new Map() })
  await using reach = openReach({
    setup: { current: { places: [], chains: {}, overrides: {} } },
    localServers,
    clock: systemClock,
  })
  const found = await examine(patient(folder.path, { providers: { places: () => places, reach } }, env))
  server.stop(true)
  const says = found.filter(({ name }) => name === 'provider' || name === 'found')
  expect(says).toEqual([
    {
      name: 'provider',
      level: 'warn',
      says: 'Anthropic: key from ANTHROPIC_API_KEY. Anthropic does not accept the key. Check it, or make another there.',
    },
    {
      name: 'provider',
      level: 'warn',
      says: 'OpenAI: key from OPENAI_API_KEY. OpenAI can’t be reached at 127.0.0.1:1. Check the address and the network.',
    },
    { name: 'found', level: 'ok', says: `Ollama at ${at}, 1 model: not used; the page of models offers it` },
  ])
  expect(JSON.stringify(found)).not.toContain('sk-secret')
})

test('a model that there isn’t is bad, in words', async () => {
  using folder = temporaryFolder()
  const found = await finding(patient(folder.path, {}, { HEARTH_MODEL: 'nobody/knows' }), 'models')
  expect(found).toMatchObject({ level: 'bad', says: expect.stringContaining('There is no model') })
})

test('each device is shown with its tier, beside the table of tiers', async () => {
  using folder = temporaryFolder()
  const card = { id: 'GPU-1', name: 'RTX 4090', kind: 'cuda' as const, totalBytes: 24 * GIB, freeBytes: 13 * GIB }
  const found = await examine(patient(folder.path, { devices: async () => [card] }))
  expect(found.find(({ name }) => name === 'device')?.says).toBe('RTX 4090, 13 GB of 24 GB free: tier high')
  expect(found.find(({ name }) => name === 'tiers')?.says).toContain('premium 16 GB, 50 steps, guidance 8.5')
})

test('a look that throws is a finding, and the others go on', async () => {
  using folder = temporaryFolder()
  const found = await examine(patient(folder.path, { devices: () => Promise.reject(new Error('driver gone')) }))
  expect(found.find(({ name }) => name === 'devices')).toMatchObject({
    level: 'bad',
    says: expect.stringContaining('driver gone'),
  })
  expect(found.map(({ name }) => name)).toContain('server')
})

describe('the database', () => {
  test('is checked on a copy when no server runs, and the file itself stays as it was', async () => {
    using folder = temporaryFolder()
    await makeDatabase(folder.path)
    const before = await Bun.file(join(folder.path, 'hearth.db')).bytes()
    expect(await finding(patient(folder.path), 'database')).toMatchObject({
      level: 'ok',
      says: expect.stringMatching(/at migration \d{4}_\w+; checked and whole$/),
    })
    expect(await Bun.file(join(folder.path, 'hearth.db')).bytes()).toEqual(before)
    expect(readdirSync(folder.path).filter((name) => name.startsWith('doctor-'))).toEqual([])
  })

  test('that is damaged is bad', async () => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'hearth.db'), 'this was a database once'.repeat(400))
    expect(await finding(patient(folder.path), 'database')).toMatchObject({
      level: 'bad',
      says: expect.stringContaining('damaged'),
    })
  })

  test('of a running server is asked of that server’s own connection', async () => {
    using folder = temporaryFolder()
    const url = `file:${join(folder.path, 'hearth.db')}`
    await using db = await openDatabase({ url, backups: folder.path, now: Date.now, log: silent })
    expect(await finding(patient(folder.path, { db, serving: 'http://127.0.0.1:4321' }), 'database')).toMatchObject({
      level: 'ok',
      says: expect.stringContaining('whole'),
    })
  })

  test('that another process owns is not touched', async () => {
    using folder = temporaryFolder()
    await makeDatabase(folder.path)
    using _lock = lockDataDirectory(folder.path)
    expect((await finding(patient(folder.path), 'database')).says).toContain('Another Hearth server')
  })
})

describe('the port', () => {
  test('that another program has is bad', async () => {
    using folder = temporaryFolder()
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port))
    })
    const deps = patient(folder.path)
    const found = await finding({ ...deps, config: { ...deps.config, port } }, 'server')
    taken.close()
    expect(found).toMatchObject({ level: 'bad', says: expect.stringContaining(`${port}`) })
  })

  test('is the server’s while it runs', async () => {
    using folder = temporaryFolder()
    const found = await finding(patient(folder.path, { serving: 'http://127.0.0.1:4321' }), 'server')
    expect(found).toMatchObject({ level: 'ok', says: 'running at http://127.0.0.1:4321' })
  })
})

test.each([
  ['tmpfs /tmp tmpfs rw,nosuid,noexec 0 0', 'bad'],
  ['/dev/sda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw,exec 0 0', 'ok'],
  ['/dev/sda / ext4 rw,noexec 0 0\ntmpfs /tmp tmpfs rw 0 0', 'ok'],
  ['tmpfs /tmp/other tmpfs rw,noexec 0 0\n/dev/sda / ext4 rw 0 0', 'ok'],
  ['tmpfs /tm tmpfs rw,noexec 0 0\n/dev/sda / ext4 rw 0 0', 'ok'],
  ['', 'ok'],
])('temporary files on %j are %s', (mounts, level) => {
  expect(examineTemporary('/tmp', mounts)[0]!.level).toBe(level as 'ok')
})

test('findings are lines with a shape, a word and aligned columns', () => {
  expect(
    table([
      { name: 'port', level: 'ok', says: 'free' },
      { name: 'database', level: 'bad', says: 'damaged' },
    ]),
  ).toEqual(['●  ok    port      free', '■  bad   database  damaged'])
})

test('the Python packages of an engine are looked for: not set up is fine, half of them is not', async () => {
  using folder = temporaryFolder()
  const deps = patient(folder.path)
  expect(await finding(deps, 'engine')).toMatchObject({ level: 'ok', says: expect.stringContaining('not set up') })
  const venv = join(folder.path, 'engines/diffusers/venv')
  mkdirSync(join(venv, 'bin'), { recursive: true })
  expect(await finding(deps, 'engine')).toMatchObject({ level: 'warn', says: expect.stringContaining('not whole') })
  writeFileSync(join(venv, 'bin/python'), '')
  writeFileSync(join(venv, 'hearth.json'), JSON.stringify({ lock: 'another', python: '3.12.1', by: 'pip' }))
  expect(await finding(deps, 'engine')).toMatchObject({
    level: 'warn',
    says: expect.stringContaining('another version'),
  })
})
