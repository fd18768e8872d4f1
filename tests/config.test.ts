import { describe, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig, secretsIn } from '../src/config.ts'
import { temporaryFolder } from './support/database.ts'

const sentence = (read: () => unknown) => {
  try {
    read()
  } catch (error) {
    return (error as Error).message
  }
  return 'it was accepted'
}

function house(toml?: string) {
  const folder = temporaryFolder()
  const file = (name: string, text: string) => {
    writeFileSync(join(folder.path, name), text)
    return join(folder.path, name)
  }
  if (toml !== undefined) file('hearth.toml', toml)
  const read = (env: Record<string, string> = {}) => readConfig({ HEARTH_DATA: folder.path, ...env })
  return { path: folder.path, file, read, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

describe('settings', () => {
  test('have defaults that work, also where a name is set to nothing', () => {
    using at = house()
    const blank = { HEARTH_PORT: '', HEARTH_PREVIEW_PORT: ' ', HEARTH_URL: '', ANTHROPIC_API_KEY_FILE: '' }
    expect(at.read(blank)).toEqual(at.read())
    expect(at.read()).toMatchObject({ host: '127.0.0.1', port: 4321, previewPort: 4322, flushMs: 2000 })
  })

  test('come from hearth.toml, and the environment wins', () => {
    using at = house('HEARTH_PORT = 5000\nHEARTH_LOG = "warn"\n')
    expect(at.read({ HEARTH_LOG: 'debug' })).toMatchObject({ port: 5000, log: 'debug' })
  })

  test('that are secrets come from a file that either of the two names, and the environment wins', () => {
    using at = house()
    const key = at.file('key', 'from-a-file\n')
    expect(at.read({ ANTHROPIC_API_KEY_FILE: key }).vendors.anthropic.apiKey).toBe('from-a-file')
    at.file('hearth.toml', `ANTHROPIC_API_KEY_FILE = "${key}"`)
    expect(at.read().vendors.anthropic.apiKey).toBe('from-a-file')
    expect(at.read({ ANTHROPIC_API_KEY: 'said' }).vendors.anthropic.apiKey).toBe('said')
  })

  test('of all vendors are read, each key also from a file, and none is missing among the secrets', () => {
    using at = house()
    const vendors = ['ANTHROPIC', 'OPENAI', 'GEMINI', 'XAI', 'COMPATIBLE']
    const keys = vendors.flatMap((vendor, i) => [
      [`${vendor}_API_KEY_FILE`, at.file(`key-${i}`, `${vendor}-key-of-a-file\n`)],
      [`${vendor}_BASE_URL`, `https://${vendor.toLowerCase()}.example.org/v1/`],
    ])
    const config = at.read({ HEARTH_DATABASE_TOKEN: 'token', ...Object.fromEntries(keys), OLLAMA_HOST: 'box' })
    expect(config.vendors).toEqual({
      anthropic: { apiKey: 'ANTHROPIC-key-of-a-file', baseUrl: 'https://anthropic.example.org/v1', scheme: undefined },
      openai: { apiKey: 'OPENAI-key-of-a-file', baseUrl: 'https://openai.example.org/v1' },
      google: { apiKey: 'GEMINI-key-of-a-file', baseUrl: 'https://gemini.example.org/v1' },
      xai: { apiKey: 'XAI-key-of-a-file', baseUrl: 'https://xai.example.org/v1' },
      compatible: { apiKey: 'COMPATIBLE-key-of-a-file', baseUrl: 'https://compatible.example.org/v1' },
      ollama: { baseUrl: 'http://box:11434' },
    })
    const secrets = secretsIn(config)
    for (const vendor of vendors) expect(secrets).toContain(`${vendor}-key-of-a-file`)
    expect(secrets).toContain('token')
  })

  test.each([
    ['box', 'http://box:11434'],
    ['box:8080', 'http://box:8080'],
    ['192.168.1.20', 'http://192.168.1.20:11434'],
    [':8080', 'http://127.0.0.1:8080'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:12345', 'http://127.0.0.1:12345'],
    ['[::]:12345', 'http://127.0.0.1:12345'],
    ['[::1]', 'http://[::1]:11434'],
    ['::1', 'http://[::1]:11434'],
    ['http://box', 'http://box:80'],
    ['https://box', 'https://box:443'],
    ['https://box:1/', 'https://box:1'],
    ['http://box:1/ollama', 'http://box:1/ollama'],
    ['"box"', 'http://box:11434'],
  ])('OLLAMA_HOST=%s is read as Ollama reads it', (OLLAMA_HOST, address) => {
    using at = house()
    expect(at.read({ OLLAMA_HOST }).vendors.ollama.baseUrl).toBe(address)
  })

  test('with an address or key that could do harm are refused in words that don’t repeat it', () => {
    using at = house()
    for (const [name, value] of [
      ['OPENAI_BASE_URL', 'https://me:hunter22@example.org'],
      ['OPENAI_BASE_URL', 'file:///etc/hunter22'],
      ['OPENAI_API_KEY', 'sk-hunter22\r\nx-evil: 1'],
      ['OLLAMA_HOST', 'ftp://hunter22'],
      ['OLLAMA_HOST', 'http://me:hunter22@box'],
      ['HEARTH_LOCAL_SERVERS', 'http://me:hunter22@box'],
    ] as const) {
      const said = sentence(() => at.read({ [name]: value }))
      expect(said).toContain(`The setting ${name} can't be used: it takes`)
      expect(said).not.toContain('hunter22')
    }
  })

  test('say where local servers are looked for', () => {
    using at = house()
    expect(at.read().localServers).toEqual([11434, 8080, 1234, 8000].map((port) => `http://127.0.0.1:${port}`))
    expect(at.read({ HEARTH_LOCAL_SERVERS: 'none' }).localServers).toEqual([])
    expect(at.read({ HEARTH_LOCAL_SERVERS: 'http://a:1/, http://b:2' }).localServers).toEqual([
      'http://a:1',
      'http://b:2',
    ])
  })

  test('say what generated code may read besides the system, and in which image it may run', () => {
    using at = house()
    expect(at.read().sandboxRead).toEqual([])
    expect(at.read({ HEARTH_SANDBOX_READ: '/opt/rust/:/home/me/.pyenv' }).sandboxRead).toEqual([
      '/opt/rust',
      '/home/me/.pyenv',
    ])
    for (const HEARTH_SANDBOX_READ of ['/', '/opt:tools', '/opt:/usr/..', '~/.cargo'])
      expect(sentence(() => at.read({ HEARTH_SANDBOX_READ }))).toContain('it takes folders from / on')
    expect(at.read({ HEARTH_SANDBOX_IMAGE: 'ghcr.io/me/tools:1' }).sandboxImage).toBe('ghcr.io/me/tools:1')
    expect(sentence(() => at.read({ HEARTH_SANDBOX_IMAGE: '--privileged' }))).toContain('it takes the name of an image')
  })

  test('say what the GPU may take, and from where models may come', () => {
    using at = house()
    expect(at.read().gpu).toMatchObject({ reuse: 0, memoryBytes: undefined, reserveBytes: 512 * 1024 ** 2 })
    const said = at.read({ HEARTH_GPU_MEMORY_GB: '23.5', HEARTH_MODEL_HOSTS: 'Models.lan:8000, .example.org, [::1]:9' })
    expect(said.gpu).toMatchObject({
      memoryBytes: 23.5 * 1024 ** 3,
      hosts: ['models.lan:8000', '.example.org', '[::1]:9'],
    })
    expect(at.read({ HEARTH_MODEL_HOSTS: 'none' }).gpu.hosts).toEqual([])
    expect(sentence(() => at.read({ HEARTH_MODEL_HOSTS: 'https://a.b' }))).toContain('it takes names of hosts')
    expect(sentence(() => at.read({ HEARTH_GPU_MEMORY_GB: 'much' }))).toContain('it takes gigabytes')
  })

  test('that can’t be used are named, with what they take', () => {
    using at = house()
    const port =
      "The setting HEARTH_PORT can't be used: it takes a whole number from 0 to 65535. See README.md, “Settings”."
    for (const HEARTH_PORT of ['abc', '70000', '1.5', '-1']) expect(sentence(() => at.read({ HEARTH_PORT }))).toBe(port)
    for (const HEARTH_URL of ['hearth.example', 'ftp://hearth.example'])
      expect(sentence(() => at.read({ HEARTH_URL }))).toContain('it takes a whole address, such as https://')
    expect(sentence(() => at.read({ HEARTH_LOG: 'loud' }))).toContain('it takes debug, info, warn, error or silent.')
  })

  test('that a secret’s file can’t give are refused, never taken for absent', () => {
    using at = house()
    const empty = at.file('empty', '\n')
    expect(sentence(() => at.read({ ANTHROPIC_API_KEY_FILE: empty }))).toContain('which is empty')
    const gone = join(at.path, 'gone')
    expect(sentence(() => at.read({ HEARTH_DATABASE_TOKEN_FILE: gone }))).toContain(
      `names ${gone}, which can't be read`,
    )
  })

  test.each([
    ['a misspelt name', 'HEARTH_PROT = 5', 'sets HEARTH_PROT, which is no setting for it'],
    ['a table', '[server]\nHEARTH_PORT = 5', 'sets server, which is no setting for it'],
    ['the place of the file itself', 'HEARTH_DATA = "/elsewhere"', 'sets HEARTH_DATA, which is no setting for it'],
    ['no TOML', 'HEARTH_PORT =', 'is not valid TOML'],
  ])('in a hearth.toml with %s are refused in words', (_, toml, words) => {
    using at = house(toml)
    expect(sentence(() => at.read())).toContain(words)
  })

  test('in a hearth.toml that can’t be read are not passed over', () => {
    using at = house()
    mkdirSync(join(at.path, 'hearth.toml'))
    expect(sentence(() => at.read())).toContain("can't be read. Check its rights")
  })
})
