import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBinary } from '../../scripts/build.ts'
import { listFiles, ON_BOARD, readBytes, readText } from '../../src/assets.ts'
import { SAMPLES } from '../files/symbols/samples.ts'

const MAX_BYTES = 130e6

setDefaultTimeout(60_000)

const folder = mkdtempSync(join(tmpdir(), 'hearth-binary-'))
const binary = join(folder, 'bin/probe')
const arch = process.arch as 'x64' | 'arm64'

beforeAll(() => buildBinary({ entry: join(import.meta.dir, 'fixtures/entry.ts'), outfile: binary, arch }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the binary in a folder of its own, with nothing of this machine's but a temporary directory. */
function runAlone(args: string[]) {
  const cwd = mkdtempSync(join(folder, 'empty-'))
  writeFileSync(join(cwd, '.env'), 'FROM_DOTENV=yes\n')
  writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./missing.ts"]\n')
  const startedAt = performance.now()
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, ...args], { cwd, env: { TMPDIR: folder } })
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString(), ms: performance.now() - startedAt, cwd }
}

test('one file carries the database, the migrations, the views and the public files', () => {
  const { exitCode, stdout, stderr } = runAlone([])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const said = JSON.parse(stdout)
  expect(said.answer).toBe(42)
  expect(said.htmx).toBe(readText('public/vendor/htmx.min.js').length)
  const onBoard = ON_BOARD.flatMap(listFiles)
  expect(said.files).toEqual(onBoard.map((name) => [name, readBytes(name).length]))
})

test('its grammars read every language, in a Worker of its own', () => {
  const { symbols } = JSON.parse(runAlone(['parse']).stdout)
  expect(symbols).toEqual(SAMPLES.map(({ defines }) => defines.map(([, name]) => name)))
})

test('it colours code, in another one', () => {
  expect(JSON.parse(runAlone(['colour']).stdout).colours).toEqual([
    [10, 1],
    [13, 1],
  ])
})

test('its engines are unpacked when they are asked for, each file as it is here', () => {
  const { stdout, cwd } = runAlone(['engines'])
  const place = join(cwd, JSON.parse(stdout).engines)
  for (const name of listFiles('gpu'))
    expect(readFileSync(join(place, name.slice('gpu/'.length)), 'utf8')).toBe(readText(name))
})

test('it reads neither .env nor bunfig.toml of the folder that it is started in', () => {
  const { exitCode, stdout } = runAlone([])
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout).fromDotenv).toBeNull()
})

test('its arguments arrive whole', () => {
  const brief = `a bakery called "Crumb & Co", with $HOME and 'quotes'`
  expect(JSON.parse(runAlone(['make', brief, '--version']).stdout).argv).toEqual(['make', brief, '--version'])
})

test('it needs no node_modules: none is in reach, and a first query opens the database', () => {
  const { cwd } = runAlone([])
  expect(readdirSync(cwd)).toContain('here.db')
  expect(readdirSync(folder)).not.toContain('node_modules')
})

test(`it stays under ${MAX_BYTES / 1e6} MB`, () => {
  const times = [1, 2, 3, 4, 5].map(() => runAlone([]).ms).sort((a, b) => a - b)
  console.log(
    `binary: ${(statSync(binary).size / 1e6).toFixed(1)} MB, start to exit ${times[2]!.toFixed(0)} ms (median of 5)`,
  )
  expect(statSync(binary).size).toBeLessThan(MAX_BYTES)
})
