import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { LOCAL_MARK, readServer } from '../../src/accounts/local.ts'
import { createApp } from '../../src/app.ts'
import { run as backup } from '../../src/cli/backup.ts'
import type { Cli } from '../../src/cli/io.ts'
import { run as restore } from '../../src/cli/restore.ts'
import { readConfig } from '../../src/config.ts'
import { lockDataDirectory } from '../../src/db/lock.ts'
import { migrate, shippedMigrations } from '../../src/db/migrate.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { openLog } from '../../src/log.ts'
import type { Manifest } from '../../src/ops/manifest.ts'
import { entriesOf, type TarContent, tarOf } from '../../src/ops/tar.ts'
import { projects } from '../../src/projects/tables.ts'
import { fileAt, readFileText, writeFile } from '../../src/workspace/files.ts'
import { sha256 } from '../support/blobs.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { startServer } from '../support/server.ts'

const SLOW = { HEARTH_DEMO_BYTES_PER_SECOND: '3000' }
const FAST = { HEARTH_DEMO_BYTES_PER_SECOND: '1000000' }
/** From it on changes and texts are kept as they are now. */
const FIRST_NEW_MIGRATION = 17
const BRIEF = 'a command-line program that renames photos by the date they were taken'

let folder: ReturnType<typeof temporaryFolder>
/** A backup of a server that was writing a project's files at that moment. */
let tar: string
let project: string
const at = (...path: string[]) => join(folder.path, ...path)

beforeAll(async () => {
  folder = temporaryFolder()
  tar = at('live.tar')
  mkdirSync(at('first'))
  await olderProject(at('first'))
  await using server = await startServer({ data: at('first'), env: SLOW })
  const made = (await ask(at('first'), server.url, '/api/projects', { brief: BRIEF })) as { project: { id: string } }
  project = made.project.id
  await until(async () => (await stateOf(at('first'), server.url)).files.length > 0, 'a first file')
  const io = terminal(at('first'))
  expect([await backup([tar, '--include-key'], io.io), io.complained]).toEqual([0, []])
  expect(io.said[0]).toMatch(/^Backed up 2 projects with \d files? \(.+\) to .+live\.tar\.$/)
  expect((await stateOf(at('first'), server.url)).project.status).toBe('working')
  await server.kill()
})

afterAll(() => folder[Symbol.dispose]())

/** A project with a picture, and with a text that is on the disk, where earlier versions put all of them. */
async function olderProject(data: string): Promise<void> {
  const config = readConfig({ HEARTH_DATA: data, HEARTH_LOG: 'silent' })
  await using app = await createApp(config, { devices: [cpuDevice()] })
  const facts = { title: 'Older', brief: '', model: 'demo', tier: 'low', seed: 1, autorun: false, tags: [] }
  const made = { ...facts, id: 'older', status: 'done' as const, createdBy: 'system', createdAt: 0, updatedAt: 0 }
  await app.db.write((tx) => tx.insert(projects).values({ ...made, endedAt: 0 }))
  const old = { hash: sha256('old'), bytes: 3 }
  writeFileSync(join(data, 'blobs', old.hash.slice(0, 2), old.hash), 'old')
  const contents = { 'logo.png': await app.blobs.put(new Uint8Array([0x89, 0])), 'old.md': old }
  for (const [path, blob] of Object.entries(contents))
    await app.db.write((tx) => writeFile(app, tx, { project: 'older', path, blob, by: 'system' }))
}

function terminal(data: string) {
  const said: string[] = []
  const complained: string[] = []
  const io: Cli = {
    out: (text) => void said.push(text),
    err: (text) => void complained.push(text),
    config: readConfig({ HEARTH_DATA: data, HEARTH_LOG: 'silent' }),
    stdin: async () => '',
    isTty: false,
  }
  return { io, said, complained }
}

async function ask(data: string, url: string, path: string, body?: object): Promise<unknown> {
  const headers = {
    authorization: `Bearer ${LOCAL_MARK}${readServer(data)!.secret}`,
    'content-type': 'application/json',
  }
  const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }
  return (await fetch(url + path, init)).json()
}

async function stateOf(data: string, url: string) {
  return (await ask(data, url, `/api/projects/${project}`)) as {
    project: { status: string }
    files: { path: string; bytes: number }[]
  }
}

/** What a reader is told who has read up to `after`; its durable lines. */
async function linesAfter(data: string, url: string, after: number) {
  const headers = { authorization: `Bearer ${LOCAL_MARK}${readServer(data)!.secret}` }
  const path = `/api/projects/${project}/events?follow=false&after=${after}`
  const text = await (await fetch(url + path, { headers })).text()
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line)) as { seq: number; prev: number; type: string }[]
  return lines.filter(({ seq }) => seq !== undefined)
}

async function manifestOf(path: string): Promise<Manifest> {
  for await (const { name, at, bytes } of entriesOf(path))
    if (name === 'manifest.json')
      return Bun.file(path)
        .slice(at, at + bytes)
        .json()
  throw new Error('no manifest')
}

/** The same tar with some entries changed, added, or (null) left out. */
async function forged(name: string, changes: Record<string, Uint8Array | null>, added: [string, string][] = []) {
  async function* contents(): AsyncGenerator<TarContent> {
    for await (const { name, at, bytes } of entriesOf(tar)) {
      const change = changes[name]
      if (change === null) continue
      const content =
        change ??
        (await Bun.file(tar)
          .slice(at, at + bytes)
          .bytes())
      yield { name, bytes: content.byteLength, content: one(content) }
    }
    for (const [name, text] of added) yield { name, bytes: text.length, content: one(Buffer.from(text)) }
  }
  const path = at(name)
  writeFileSync(path, Buffer.concat(await Array.fromAsync(tarOf(contents(), 0))))
  return path
}

async function* one(bytes: Uint8Array) {
  yield bytes
}

async function refused(path: string, data: string): Promise<string> {
  const io = terminal(data)
  expect(await restore([path], io.io)).toBe(1)
  expect(existsSync(join(data, 'hearth.db'))).toBe(false)
  expect(readdirSync(data).filter((name) => name !== 'hearth.lock')).toEqual([])
  expect(io.said).toEqual([])
  return io.complained.join('\n')
}

test('a backup taken while a project is being written is restored elsewhere, where the project goes on and ends whole', async () => {
  const data = at('second')
  const io = terminal(data)
  expect([await restore([tar], io.io), io.complained]).toEqual([0, []])
  expect(io.said[0]).toMatch(/^Restored 2 projects with \d files? \(/)
  expect(readdirSync(data).sort()).toEqual(['blobs', 'hearth.db', 'hearth.lock', 'secret.key'])
  await using server = await startServer({ data, env: FAST })
  await until(async () => (await stateOf(data, server.url)).project.status === 'done', 'the end of the project')
  const { files } = await stateOf(data, server.url)
  expect(files.map(({ path }) => path).sort()).toEqual([
    'README.md',
    'package.json',
    'src/cli.ts',
    'src/rename.ts',
    'tests/rename.test.ts',
  ])
  expect(statSync(join(data, 'hearth.db')).mode & 0o77).toBe(0)

  const all = await linesAfter(data, server.url, 0)
  const kept = all.filter(({ seq }) => seq < 1_000_000_000).at(-1)!.seq
  const since = all.find(({ seq }) => seq > kept)!
  expect(since).toMatchObject({ prev: kept })
  expect((await linesAfter(data, server.url, kept))[0]).toEqual(since)
  for (const lost of [kept + 1, kept + 1_000])
    expect((await linesAfter(data, server.url, lost))[0]).toMatchObject({ type: 'reset', prev: lost })
  expect(await server.stop()).toBe(0)
})

test('the tar can be read by others, holds a manifest last, and nothing beside what the database refers to', async () => {
  const names = (await Array.fromAsync(entriesOf(tar))).map(({ name }) => name)
  expect([names[0], names[1], names.at(-1)]).toEqual(['hearth.db', 'secret.key', 'manifest.json'])
  expect(Bun.spawnSync(['tar', 'tf', tar]).stdout.toString().trim().split('\n')).toEqual(names)
  const manifest = await manifestOf(tar)
  expect(manifest).toMatchObject({
    format: 1,
    counts: { projects: 2 },
    missing: [],
    blobs: { count: names.length - 3 },
    texts: { count: expect.any(Number), bytes: expect.any(Number) },
  })
  expect(statSync(tar).mode & 0o77).toBe(0)
  expect(readdirSync(at('first', 'backups', 'unfinished'))).toEqual([])
})

test('with no server, the database itself is opened; the key stays at home unless it is asked for', async () => {
  const path = at('quiet.tar')
  const io = terminal(at('first'))
  expect([await backup([path], io.io), io.complained]).toEqual([0, []])
  expect((await manifestOf(path)).key).toBeNull()
  expect((await Array.fromAsync(entriesOf(path))).map(({ name }) => name)).not.toContain('secret.key')
  expect(await backup([path], io.io)).toBe(1)
  expect(io.complained[0]).toContain('is there already')
  expect(await backup([path, '--force'], io.io)).toBe(0)
})

test('a blob that is gone is named, all else is saved, and the exit code says so', async () => {
  const data = at('holed')
  await restore([tar], terminal(data).io)
  const hash = sha256('old')
  rmSync(join(data, 'blobs', hash.slice(0, 2), hash))
  const io = terminal(data)
  expect(await backup([at('holed.tar')], io.io)).toBe(1)
  expect(io.complained).toEqual(['1 file version could not be saved: gone or damaged on the disk. All else is there.'])
  expect((await manifestOf(at('holed.tar'))).missing).toEqual([hash])
  expect(await restore([at('holed.tar')], terminal(at('holed-again')).io)).toBe(0)
})

test('a backup of a version that kept all texts on the disk is restored, and they are read', async () => {
  const database = at('earlier.db')
  const blob = { hash: sha256('earlier'), bytes: 7 }
  await earlierDatabase(database, blob)
  const bytes = readFileSync(database)
  const { texts: _, ...manifest } = await manifestOf(tar)
  const earlier = {
    ...manifest,
    counts: { projects: 1, files: 1, jobs: 0, accounts: 0 },
    database: { bytes: bytes.byteLength, sha256: sha256(bytes) },
    blobs: { count: 1, bytes: 7 },
    key: null,
  }
  const entries = { 'hearth.db': bytes, [`blobs/${blob.hash}`]: 'earlier', 'manifest.json': JSON.stringify(earlier) }
  async function* contents(): AsyncGenerator<TarContent> {
    for (const [name, content] of Object.entries(entries))
      yield { name, bytes: content.length, content: one(Buffer.from(content)) }
  }
  writeFileSync(at('earlier.tar'), Buffer.concat(await Array.fromAsync(tarOf(contents(), 0))))

  const io = terminal(at('from-earlier'))
  expect([await restore([at('earlier.tar')], io.io), io.complained]).toEqual([0, []])
  const config = readConfig({ HEARTH_DATA: at('from-earlier'), HEARTH_LOG: 'silent' })
  await using app = await createApp(config, { devices: [cpuDevice()] })
  const file = await fileAt(app.read, 'p1', 'a.md')
  expect(await readFileText(app, file)).toBe('earlier')
  expect(await app.blobs.verify(file.hash)).toBe('good')
})

/** A database as it was before texts were kept in it, with one file. */
async function earlierDatabase(path: string, { hash, bytes }: { hash: string; bytes: number }): Promise<void> {
  const client = createClient({ url: `file:${path}` })
  const migrations = shippedMigrations().filter(({ id }) => id < FIRST_NEW_MIGRATION)
  await migrate({ client, backups: undefined, now: () => 1, log: openLog('silent'), migrations })
  await client.executeMultiple(`
    insert into projects (id, title, brief, model, tier, seed, created_by, created_at, updated_at, status, ended_at)
      values ('p1', 'Earlier', '', 'demo', 'low', 1, 'system', 1, 1, 'done', 1);
    insert into changes (id, scope, entity, entity_id, author, base_version, version, after, at)
      values ('c1', 'p1', 'file', 'a.md', 'system', 0, 1, '{"hash":"${hash}","bytes":${bytes}}', 1);
    insert into files values ('p1', 'a.md', 'a.md', 1, '${hash}', ${bytes}, 'markdown', 0, 1);
    insert into file_versions values ('p1', 'a.md', 1, '${hash}', ${bytes}, 'c1', 1);`)
  client.close()
}

test('nothing is restored over a database or beside a server; with --force the old one is put aside', async () => {
  const data = at('third')
  await restore([tar], terminal(data).io)
  writeFileSync(join(data, 'hearth.db-wal'), 'what the old one had not yet taken in')
  const before = readFileSync(join(data, 'hearth.db'))
  const io = terminal(data)
  expect(await restore([tar], io.io)).toBe(1)
  expect(io.complained[0]).toContain('holds a database already')
  {
    using _server = lockDataDirectory(data)
    expect(await restore([tar, '--force'], io.io)).toBe(1)
    expect(io.complained[1]).toContain('Another Hearth server')
  }
  expect(await restore([tar, '--force'], io.io)).toBe(0)
  const aside = readdirSync(data).find((name) => name.startsWith('before-restore-'))!
  expect(readdirSync(join(data, aside)).sort()).toEqual(['hearth.db', 'hearth.db-wal', 'secret.key'])
  expect(readFileSync(join(data, aside, 'hearth.db')).equals(before)).toBe(true)
  expect(existsSync(join(data, 'hearth.db-wal'))).toBe(false)
})

test('a backup that was cut off, changed or made up is refused before anything is touched', async () => {
  const whole = readFileSync(tar)
  writeFileSync(at('cut.tar'), whole.subarray(0, whole.byteLength / 2))
  const entries = await Array.fromAsync(entriesOf(tar))
  const blob = entries.find(({ name }) => name.startsWith('blobs/'))!.name
  const manifest = await manifestOf(tar)
  const cases: [string, string][] = [
    [at('cut.tar'), 'ends in the middle'],
    [await forged('no-manifest.tar', { 'manifest.json': null }), 'no manifest'],
    [await forged('no-database.tar', { 'hearth.db': null }), 'database is damaged or missing'],
    [await forged('other-database.tar', { 'hearth.db': Buffer.from('SQLite format 3\0') }), 'database is damaged'],
    [await forged('no-blob.tar', { [blob]: null }), 'some of its files are missing'],
    [await forged('other-blob.tar', { [blob]: Buffer.from('changed') }), '1 of its files are damaged'],
    [await forged('twice.tar', {}, [['hearth.db', 'again']]), 'the same name twice'],
    [await forged('out.tar', {}, [['../escaped', 'x']]), 'a name that Hearth does not write'],
    [await forged('absolute.tar', {}, [['/tmp/escaped', 'x']]), 'a name that Hearth does not write'],
    [await forged('deep.tar', {}, [[`blobs/../${'a'.repeat(64)}`, 'x']]), 'a name that Hearth does not write'],
    [await forged('newer.tar', { 'manifest.json': Buffer.from('{"format":2}') }), 'of a newer Hearth'],
  ]
  const database = Buffer.from('no database at all, though its hash is right')
  const sha256 = new Bun.CryptoHasher('sha256').update(database).digest('hex')
  const lying = { ...manifest, database: { bytes: database.byteLength, sha256 } }
  cases.push([
    await forged('no-sqlite.tar', { 'hearth.db': database, 'manifest.json': Buffer.from(JSON.stringify(lying)) }),
    'The database file is damaged',
  ])
  for (const [i, [path, said]] of cases.entries()) {
    mkdirSync(at(`hostile-${i}`))
    expect(await refused(path, at(`hostile-${i}`))).toContain(said)
  }
  expect([existsSync(at('escaped')), existsSync('/tmp/escaped')]).toEqual([false, false])
})

test('a command line that makes no sense, a file and a folder that are not there', async () => {
  const io = terminal(at('nowhere'))
  expect([await backup([], io.io), await restore([], io.io), await restore(['a', 'b'], io.io)]).toEqual([2, 2, 2])
  expect([await backup([at('x.tar')], io.io), await restore([at('none.tar')], io.io)]).toEqual([1, 1])
  expect(io.complained.slice(3)).toEqual([
    expect.stringContaining('There is no database'),
    expect.stringContaining('There is no file'),
  ])
  expect(existsSync(at('x.tar'))).toBe(false)
})
