import { expect, spyOn, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { announceServer } from '../../src/accounts/local.ts'
import { tokenOf } from '../../src/accounts/tokens.ts'
import { run as account } from '../../src/cli/account.ts'
import { run as doctor } from '../../src/cli/doctor.ts'
import { run as health } from '../../src/cli/health.ts'
import type { Cli } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'
import { run as openapi } from '../../src/cli/openapi.ts'
import { run as serve } from '../../src/cli/serve.ts'
import { run as token } from '../../src/cli/token.ts'
import { readConfig } from '../../src/config.ts'
import { lockDataDirectory } from '../../src/db/lock.ts'
import { openDatabase } from '../../src/db/open.ts'
import { addAda, doors, LOCAL_SECRET, PASSWORD, testAccounts } from '../accounts/house.ts'
import { silent, temporaryFolder } from '../support/database.ts'

function terminal(data: string, typed = '', isTty = false) {
  const said: string[] = []
  const complained: string[] = []
  const io: Cli = {
    out: (text) => void said.push(text),
    err: (text) => void complained.push(text),
    config: readConfig({ HEARTH_DATA: data, HEARTH_LOG: 'silent', HEARTH_PORT: '0' }),
    stdin: async () => typed,
    isTty,
  }
  return { io, said, complained }
}

test('with no server, an account and its token are made in the database, and the token works', async () => {
  using folder = temporaryFolder()
  const adding = terminal(folder.path, `${PASSWORD}\n`)
  expect(await account(['add', 'Ada@Example.com'], adding.io)).toBe(0)
  expect(adding.said).toEqual(['Added ada@example.com as owner.'])
  const making = terminal(folder.path)
  expect(await token(['add', 'backup', '--account', 'ada@example.com', '--scope', 'read'], making.io)).toBe(0)
  expect(making.said).toEqual([expect.stringMatching(/^hth_[\w-]{43}$/)])
  expect(making.complained).toEqual([])
  const url = `file:${join(folder.path, 'hearth.db')}`
  await using db = await openDatabase({ url, backups: folder.path, now: Date.now, log: silent })
  const found = await tokenOf({ db, now: Date.now, log: silent }, making.said[0]!)
  expect([found?.account.email, found?.token.scopes]).toEqual(['ada@example.com', ['read']])
})

test('with no password given, a strong one is made and shown once', async () => {
  using folder = temporaryFolder()
  const { io, said } = terminal(folder.path, '', true)
  expect(await account(['add', 'ada@example.com', '--role', 'owner'], io)).toBe(0)
  expect(said[1]).toMatch(/^Password \(shown this once\): [\w-]{20}$/)
})

test('with a server, both go to it with the local secret', async () => {
  using folder = temporaryFolder()
  await using house = await testAccounts()
  const visit = await doors(house)
  await addAda(house)
  const server = Bun.serve({
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const { method, headers } = request
      return visit(pathname, { method, headers, body: method === 'POST' ? await request.text() : null })
    },
  })
  using _facts = announceServer(folder.path, { url: server.url.origin, secret: LOCAL_SECRET })
  const adding = terminal(folder.path, PASSWORD)
  expect(await account(['add', 'bob@example.com', '--role', 'viewer'], adding.io)).toBe(0)
  expect(adding.said).toEqual(['Added bob@example.com as viewer.'])
  const again = terminal(folder.path, PASSWORD)
  expect(await account(['add', 'bob@example.com'], again.io)).toBe(1)
  expect(again.complained).toEqual(['There is an account with this e-mail already. Use another address.'])
  const making = terminal(folder.path)
  expect(await token(['add', 'x', '--account', 'bob@example.com'], making.io)).toBe(0)
  expect((await visit('/api/me', { headers: { authorization: `Bearer ${making.said[0]}` } })).status).toBe(200)
  expect((await house.rows('accounts')).map(({ email }) => email)).toEqual(['ada@example.com', 'bob@example.com'])
  await server.stop(true)
})

test('a data directory that an unannounced server owns is left alone, in words', async () => {
  using folder = temporaryFolder()
  using _lock = lockDataDirectory(folder.path)
  const { io, complained } = terminal(folder.path, PASSWORD)
  expect(await account(['add', 'ada@example.com'], io)).toBe(1)
  expect(complained[0]).toContain('Another Hearth server')
})

test.each([
  [account, []],
  [account, ['add']],
  [account, ['add', 'a@b', 'c']],
  [account, ['remove', 'a@b']],
  [account, ['add', 'a@b', '--password', 'x']],
  [token, ['add', 'x']],
  [token, ['add', '--account', 'a@b']],
  [serve, ['--port', '5000']],
  [doctor, ['--json']],
  [health, ['now']],
  [openapi, ['--yaml']],
])('a command line that makes no sense says how it goes and changes nothing', async (run, args) => {
  using folder = temporaryFolder()
  const { io, complained, said } = terminal(folder.path, PASSWORD)
  expect(await run(args, io)).toBe(2)
  expect([said, complained[0]]).toEqual([[], expect.stringContaining('usage: hearth')])
})

test.each([
  'serve',
  'make',
  'account',
  'token',
  'doctor',
  'backup',
  'restore',
  'openapi',
  'health',
  'render',
  'gpu',
  'models',
])('hearth %s --help says how it goes, and does nothing', async (name) => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  using printed = spyOn(process.stdout, 'write').mockImplementation(() => true)
  expect(await main([name, '--help'], { HEARTH_DATA: data, HEARTH_PORT: 'broken' })).toBe(0)
  expect(printed.mock.calls.join('')).toStartWith(`usage: hearth ${name} `)
  expect(existsSync(data)).toBe(false)
})

test('what is wrong is one sentence and exit code 1', async () => {
  using folder = temporaryFolder()
  const weak = terminal(folder.path, 'password1')
  expect(await account(['add', 'ada@example.com'], weak.io)).toBe(1)
  expect(weak.complained).toEqual([expect.stringContaining('Choose another.')])
  const unknown = terminal(folder.path)
  expect(await token(['add', 'x', '--account', 'eve@example.com'], unknown.io)).toBe(1)
  expect(unknown.complained[0]).toContain('There is no account')
})

test('health is 0 for a ready server and 1 for an unready one or none', async () => {
  using folder = temporaryFolder()
  let ready = true
  const server = Bun.serve({
    port: 0,
    fetch: () =>
      Response.json(ready ? { ready } : { ready, reason: 'The disk is full.' }, { status: ready ? 200 : 503 }),
  })
  const none = terminal(folder.path)
  expect([await health([], none.io), none.complained]).toEqual([1, ['No Hearth server runs on this data directory.']])
  using _facts = announceServer(folder.path, { url: server.url.origin })
  const good = terminal(folder.path)
  expect([await health([], good.io), good.said]).toEqual([0, ['ready']])
  ready = false
  const bad = terminal(folder.path)
  expect([await health([], bad.io), bad.complained]).toEqual([1, ['not ready: The disk is full.']])
  await server.stop(true)
  expect(await health([], terminal(folder.path).io)).toBe(1)
})

test('doctor prints one line per finding, a verdict, and 1 when something is bad', async () => {
  using folder = temporaryFolder()
  const well = terminal(folder.path)
  expect(await doctor([], well.io)).toBe(0)
  expect(well.said.at(-1)).toBe('Hearth can work here.')
  expect(well.said.filter((line) => /^[●▲■] {2}(ok|warn|bad) /.test(line)).length).toBe(well.said.length - 2)
  await Bun.write(join(folder.path, 'hearth.db'), 'not a database'.repeat(500))
  const ill = terminal(folder.path)
  expect(await doctor([], ill.io)).toBe(1)
  expect(ill.said.at(-1)).toContain('Mend what is bad')
})
