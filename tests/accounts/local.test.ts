import { expect, test } from 'bun:test'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { announceServer, readServer } from '../../src/accounts/local.ts'
import { temporaryFolder } from '../support/database.ts'

const URL = 'http://127.0.0.1:4321'

test('a server announces itself to its own user alone, and takes that back when it stops', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'server.json')
  {
    using facts = announceServer(folder.path, { url: URL })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(facts.secret).toMatch(/^[\w-]{43}$/)
    expect(readServer(folder.path)).toMatchObject({ pid: process.pid, url: URL, secret: facts.secret })
  }
  expect(existsSync(path)).toBe(false)
  expect(readServer(folder.path)).toBeUndefined()
})

test('the mode holds also over a file that lay there open to all', () => {
  using folder = temporaryFolder()
  for (const name of ['server.json', 'server.json.new']) writeFileSync(join(folder.path, name), '{}', { mode: 0o666 })
  using _facts = announceServer(folder.path, { url: URL })
  expect(statSync(join(folder.path, 'server.json')).mode & 0o777).toBe(0o600)
})

test('a file left by a server that died is not believed', async () => {
  using folder = temporaryFolder()
  const child = Bun.spawn(['true'])
  await child.exited
  rewrite(folder.path, { pid: child.pid, start: '' })
  expect(readServer(folder.path)).toBeUndefined()
})

test('a file whose process id now belongs to another program is not believed', () => {
  using folder = temporaryFolder()
  rewrite(folder.path, { pid: process.pid, start: '12345' })
  expect(readServer(folder.path)).toBeUndefined()
})

test.each(['', '{', '{"pid":1}', '[]', 'null'])('a file that holds %j is not believed', (text) => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'server.json'), text)
  expect(readServer(folder.path)).toBeUndefined()
})

test('a stopping server leaves the announcement of its successor alone', () => {
  using folder = temporaryFolder()
  const old = announceServer(folder.path, { url: URL })
  using _new = announceServer(folder.path, { url: 'http://127.0.0.1:5000' })
  old[Symbol.dispose]()
  expect(readServer(folder.path)?.url).toBe('http://127.0.0.1:5000')
})

function rewrite(folder: string, change: object): void {
  announceServer(folder, { url: URL })
  const path = join(folder, 'server.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }))
}
