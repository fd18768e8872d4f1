import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Choice } from '../../src/llm/models.ts'
import { modelKeys, modelServers } from '../../src/llm/setup/tables.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { modelServer } from '../support/model-server.ts'

const KEY = 'sk-ant-typed-0123456789abcdef'
const BY = 'person:me'
const QUESTION = {
  system: 'rules',
  messages: [{ role: 'user' as const, content: 'a question' }],
  maxOutputTokens: 100,
  task: { kind: 'chat' as const, brief: 'a question' },
}

let folder: ReturnType<typeof temporaryFolder>
let file: string
beforeAll(() => {
  folder = temporaryFolder()
  file = join(folder.path, 'keys.key')
})
afterAll(() => folder[Symbol.dispose]())

const open = (settings: Record<string, string> = {}) => testApp({ data: folder.path, work: false, settings })
const anthropic = ({ app }: TestApp) => app.setup.place('anthropic')
const asked = ({ app }: TestApp) => app.models.providers().map(({ name }) => name)

test('a typed key works at once, is kept sealed, and is there again after a restart', async () => {
  {
    await using app = await open()
    expect(asked(app)).toEqual(['demo'])
    await app.app.setup.keepKey('anthropic', ` ${KEY}\n`, BY)
    expect(asked(app)).toEqual(['anthropic', 'demo'])
    const [row] = await app.app.db.read.select().from(modelKeys)
    expect(Buffer.from(row!.sealed, 'base64').toString('latin1')).not.toContain('typed')
    expect(row).toMatchObject({ provider: 'anthropic', setBy: BY })
  }
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  expect(readFileSync(file).byteLength).toBe(32)
  await using again = await open()
  expect(anthropic(again)).toMatchObject({ apiKey: KEY, keyFrom: 'typed', usable: true })
})

test('the same key is never sealed twice the same way', async () => {
  await using app = await open()
  const sealed = async () => (await app.app.db.read.select().from(modelKeys))[0]!.sealed
  const first = await sealed()
  await app.app.setup.keepKey('anthropic', KEY, BY)
  expect((await sealed()).slice(0, 16)).not.toBe(first.slice(0, 16))
})

test('a provider that was taken keeps what it began with; the next request gets the new key', async () => {
  await using app = await open()
  const before = app.app.models.chain('write')[0]!.provider
  expect(app.app.models.chain('plan')[0]!.provider).toBe(before)
  await app.app.setup.keepKey('anthropic', `${KEY}-new`, BY)
  expect(app.app.models.chain('write')[0]!.provider).not.toBe(before)
  await app.app.setup.keepKey('anthropic', KEY, BY)
})

test('a stream that runs when the key is changed goes on with the old one', async () => {
  using place = temporaryFolder()
  const changed = Promise.withResolvers<void>()
  await using vendor = modelServer(
    async (reply) => {
      reply.text('the first ')
      await changed.promise
      reply.text('answer')
      reply.finish()
    },
    (reply) => {
      reply.text('the second')
      reply.finish()
    },
  )
  await using app = await testApp({ data: place.path, work: false, settings: { ANTHROPIC_BASE_URL: vendor.url } })
  const { models, setup } = app.app
  const ask = async (onText: () => Promise<void> | void) => {
    const [{ provider, model }] = models.chain('write') as [Choice]
    let text = ''
    for await (const chunk of provider.stream({ ...QUESTION, model }, new AbortController().signal)) {
      if (chunk.type !== 'text') continue
      text += chunk.text
      await onText()
    }
    return text
  }
  await setup.keepKey('anthropic', KEY, BY)
  const first = await ask(async () => {
    await setup.keepKey('anthropic', `${KEY}-new`, BY)
    changed.resolve()
  })
  expect([first, await ask(() => {})]).toEqual(['the first answer', 'the second'])
  expect(vendor.calls.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}-new`])
})

test('the environment’s key wins over a typed one, and none can be typed over it', async () => {
  await using app = await open({ ANTHROPIC_API_KEY: 'sk-ant-of-the-environment' })
  expect(anthropic(app)).toMatchObject({ apiKey: 'sk-ant-of-the-environment', keyFrom: 'environment' })
  await expect(app.app.setup.keepKey('anthropic', KEY, BY)).rejects.toMatchObject({ code: 'set_in_environment' })
})

describe('a key goes to no address but the one that it was typed for:', () => {
  test('moving the address forgets a typed key', async () => {
    await using app = await open()
    await app.app.setup.moveServer('anthropic', { baseUrl: 'https://elsewhere.example.org/' }, BY)
    expect(anthropic(app)).toMatchObject({
      baseUrl: 'https://elsewhere.example.org',
      usable: false,
      typedKey: undefined,
    })
    await app.app.setup.removeServer('anthropic', BY)
    await app.app.setup.keepKey('anthropic', KEY, BY)
    expect(anthropic(app)).toMatchObject({ baseUrl: 'https://api.anthropic.com', apiKey: KEY })
  })

  test('nor is it read for one that was written into the database', async () => {
    await using app = await open()
    const row = {
      provider: 'anthropic',
      kind: 'anthropic' as const,
      baseUrl: 'https://thief.example.org',
      setBy: BY,
      setAt: 1,
    }
    await app.app.db.write((tx) => tx.insert(modelServers).values(row))
    await app.app.setup.setChain('chat', [], BY)
    expect(anthropic(app)).toMatchObject({ baseUrl: 'https://thief.example.org', apiKey: undefined, usable: false })
    await app.app.db.write((tx) => tx.delete(modelServers))
  })

  test('nor is the environment’s sent where somebody typed', async () => {
    await using app = await open({ ANTHROPIC_API_KEY: 'sk-ant-of-the-environment' })
    await expect(
      app.app.setup.moveServer('anthropic', { baseUrl: 'https://thief.example.org' }, BY),
    ).rejects.toMatchObject({ code: 'set_in_environment' })
  })
})

describe('a key that can’t be read is said in words, and the server works on:', () => {
  test('a file of the key that others may read', async () => {
    chmodSync(file, 0o640)
    await using app = await open()
    expect(anthropic(app)).toMatchObject({ apiKey: undefined, usable: false })
    expect(anthropic(app).typedKey!.trouble).toContain('can be read by others. Make it yours alone: chmod 600')
    await expect(app.app.setup.keepKey('openai', KEY, BY)).rejects.toMatchObject({ code: 'key_file_unusable' })
    chmodSync(file, 0o600)
  })

  test('no file, as after a restore; a key that is typed again makes a new one', async () => {
    renameSync(file, `${file}.away`)
    {
      await using app = await open()
      expect(anthropic(app).typedKey!.trouble).toContain('as after a restore')
      expect(existsSync(file)).toBe(false)
      expect(asked(app)).toEqual(['demo'])
    }
    renameSync(`${file}.away`, file)
  })

  test('another file, or a damaged row', async () => {
    const right = readFileSync(file)
    writeFileSync(file, Buffer.alloc(32, 7))
    {
      await using app = await open()
      expect(anthropic(app).typedKey!.trouble).toContain('can’t be read')
      await app.app.setup.keepKey('anthropic', KEY, BY)
      expect(anthropic(app).apiKey).toBe(KEY)
    }
    writeFileSync(file, right)
    await using app = await open()
    expect(anthropic(app).typedKey!.trouble).toContain('can’t be read')
  })

  test('a file that is no key', async () => {
    const right = readFileSync(file)
    writeFileSync(file, 'short')
    {
      await using app = await open()
      expect(anthropic(app).typedKey!.trouble).toContain('is damaged')
    }
    writeFileSync(file, right)
  })

  test('a link in place of the file', async () => {
    rmSync(file)
    const { symlinkSync } = await import('node:fs')
    symlinkSync('/etc/hostname', file)
    await using app = await open()
    expect(anthropic(app).typedKey!.trouble).toContain('can’t be opened (ELOOP)')
    rmSync(file)
  })
})

describe('servers of one’s own', () => {
  test('are added, moved and taken away by name, with their keys', async () => {
    await using app = await testApp({ work: false })
    const { setup } = app.app
    await setup.addServer({ name: 'basement', kind: 'compatible', baseUrl: 'http://10.0.0.2:8080/v1/' }, BY)
    await setup.keepKey('basement', 'the key of the basement'.replaceAll(' ', '-'), BY)
    expect(setup.place('basement')).toMatchObject({
      baseUrl: 'http://10.0.0.2:8080/v1',
      local: true,
      usable: true,
      named: true,
    })
    await setup.moveServer('basement', { baseUrl: 'http://10.0.0.3:8080/v1' }, BY)
    expect(setup.place('basement')).toMatchObject({ baseUrl: 'http://10.0.0.3:8080/v1', apiKey: undefined })
    await setup.removeServer('basement', BY)
    expect(() => setup.place('basement')).toThrow('There is no provider')
    expect(await app.app.db.read.select().from(modelKeys)).toEqual([])
  })

  test.each([
    ['name', 'demo', 'bad_name'],
    ['name', 'anthropic', 'bad_name'],
    ['name', 'Basement', 'bad_name'],
    ['name', 'a/b', 'bad_name'],
    ['baseUrl', 'ftp://box', 'bad_address'],
    ['baseUrl', 'box:8080', 'bad_address'],
    ['baseUrl', 'javascript:alert(1)', 'bad_address'],
    ['baseUrl', 'http://me:hunter22@box', 'bad_address'],
    ['baseUrl', 'http://box/?key=hunter22', 'bad_address'],
    ['baseUrl', 'http://box/#x', 'bad_address'],
    ['baseUrl', 'http://169.254.169.254/latest', 'bad_address'],
    ['baseUrl', 'http://0xa9fea9fe/', 'bad_address'],
    ['baseUrl', 'http://[::ffff:169.254.169.254]/', 'bad_address'],
    ['baseUrl', 'http://[64:ff9b::169.254.169.254]/', 'bad_address'],
    ['baseUrl', 'http://[fd00:ec2::254]/', 'bad_address'],
    ['baseUrl', 'http://100.100.100.200/', 'bad_address'],
    ['baseUrl', 'http://metadata.google.internal/', 'bad_address'],
    ['baseUrl', 'http://metadata/', 'bad_address'],
    ['baseUrl', `http://${'x'.repeat(600)}`, 'bad_address'],
  ])('are refused with the %s %p', async (field, value, code) => {
    await using app = await testApp({ work: false })
    const server = { name: 'basement', kind: 'compatible' as const, baseUrl: 'http://box', [field]: value }
    const refused = await app.app.setup.addServer(server, BY).then(
      () => expect.unreachable(),
      (error) => error,
    )
    expect(refused).toMatchObject({ code, context: { field } })
    expect(refused.message).not.toContain('hunter22')
  })
})

test.each(['', 'short', 'has a space in it', 'line\r\nx-evil: 1', 'schlüssel-schlüssel', 'x'.repeat(5_000)])(
  'a key such as %p is refused without being repeated',
  async (key) => {
    await using app = await testApp({ work: false })
    const refused = await app.app.setup.keepKey('openai', key, BY).then(
      () => expect.unreachable(),
      (error) => error,
    )
    expect(refused).toMatchObject({ code: 'bad_key' })
    expect(JSON.stringify([refused.message, refused.context])).not.toContain(key || 'nothing was typed')
  },
)

test('chains and facts hold from the next request on, and are there after a restart', async () => {
  using place = temporaryFolder()
  const settings = { ANTHROPIC_API_KEY: 'sk-ant-of-the-environment' }
  {
    await using app = await testApp({ data: place.path, work: false, settings })
    await app.app.setup.setChain('check', ['anthropic/claude-haiku-5-5'], BY)
    await app.app.setup.override('anthropic/claude-haiku-5-5', { context: 5_000 }, BY)
    expect(app.app.models.chain('check')[0]!.model).toBe('claude-haiku-5-5')
    expect(app.app.models.chain('write')[0]!.model).toBe('claude-sonnet-5-5')
  }
  await using app = await testApp({ data: place.path, work: false, settings })
  expect(app.app.models.chain('check')[0]!.model).toBe('claude-haiku-5-5')
  expect(app.app.models.facts('anthropic', 'claude-haiku-5-5').context).toBe(5_000)
  await app.app.setup.setChain('check', [], BY)
  await app.app.setup.override('anthropic/claude-haiku-5-5', null, BY)
  expect(app.app.models.chain('check')[0]!.model).toBe('claude-sonnet-5-5')
  expect(app.app.models.facts('anthropic', 'claude-haiku-5-5').context).toBe(1_000_000)
})
