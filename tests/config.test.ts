import { describe, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '../src/config.ts'
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
    const key = at.file('key', 'from a file\n')
    expect(at.read({ ANTHROPIC_API_KEY_FILE: key }).anthropic.apiKey).toBe('from a file')
    at.file('hearth.toml', `ANTHROPIC_API_KEY_FILE = "${key}"`)
    expect(at.read().anthropic.apiKey).toBe('from a file')
    expect(at.read({ ANTHROPIC_API_KEY: 'said' }).anthropic.apiKey).toBe('said')
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
