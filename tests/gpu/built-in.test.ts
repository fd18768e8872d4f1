import { expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderOnDisk } from '../../src/assets.ts'
import { builtInEngines, catalogueTexts, unpackEngines } from '../../src/gpu/built-in.ts'
import { temporaryFolder } from '../support/database.ts'

const FILES: [string, Uint8Array][] = [
  ['diffusers/engine.toml', Buffer.from('name = "diffusers"\n')],
  ['diffusers/parts/steps.py', Buffer.alloc(300_000, 'x = 1\n')],
]
const PROCESSES = 4

test('from a checkout the engines are run where they lie', () => {
  using folder = temporaryFolder()
  expect(builtInEngines(folder.path)).toBe(folderOnDisk('gpu')!)
  expect(readdirSync(folder.path)).toEqual([])
})

test('the engines are unpacked whole, once, and another version gets a folder of its own', () => {
  using folder = temporaryFolder()
  const place = unpackEngines(folder.path, FILES)
  expect(place).toStartWith(join(folder.path, 'engines/.built-in/'))
  expectWhole(place)
  expect(unpackEngines(folder.path, FILES)).toBe(place)
  expect(unpackEngines(folder.path, [FILES[0]!])).not.toBe(place)
  expect(readdirSync(join(folder.path, 'engines/.built-in'))).toHaveLength(2)
})

test('what a killed process left half unpacked is never taken for whole, and goes', async () => {
  using folder = temporaryFolder()
  const left = join(folder.path, 'engines/.built-in', `.part-${await endedProcess()}-abc`, 'diffusers')
  mkdirSync(left, { recursive: true })
  const place = unpackEngines(folder.path, FILES)
  expectWhole(place)
  expect(readdirSync(join(folder.path, 'engines/.built-in'))).toEqual([place.split('/').at(-1)!])
})

test('processes that unpack at the same moment have one whole folder', async () => {
  using folder = temporaryFolder()
  const script = `
    const { unpackEngines } = await import(${JSON.stringify(join(import.meta.dir, '../../src/gpu/built-in.ts'))})
    const files = [['diffusers/engine.toml', Buffer.from('name = "diffusers"\\n')], ['diffusers/parts/steps.py', Buffer.alloc(300_000, 'x = 1\\n')]]
    await Bun.stdin.text() // all start together
    process.stdout.write(unpackEngines(${JSON.stringify(folder.path)}, files))`
  const started = Array.from({ length: PROCESSES }, () =>
    Bun.spawn([process.execPath, '-e', script], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' }),
  )
  for (const { stdin } of started) stdin.end()
  const places = await Promise.all(started.map(({ stdout }) => new Response(stdout).text()))
  expect(new Set(places).size).toBe(1)
  expectWhole(places[0]!)
  expect(readdirSync(join(folder.path, 'engines/.built-in'))).toHaveLength(1)
})

test('the catalogue’s texts are those of its files', () => {
  for (const { name, text } of catalogueTexts())
    expect(text).toBe(readFileSync(join(folderOnDisk('gpu')!, 'catalogue', name), 'utf8'))
})

function expectWhole(place: string): void {
  for (const [name, bytes] of FILES) expect(readFileSync(join(place, name)).equals(bytes)).toBe(true)
}

async function endedProcess(): Promise<number> {
  const child = Bun.spawn(['true'])
  await child.exited
  return child.pid
}
