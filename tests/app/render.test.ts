import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '../../src/gpu/png.ts'
import { testApp } from '../support/app.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')
const SIZE = ['--size', '64x64', '--steps', '2']

async function render(data: string, args: string[]) {
  const child = Bun.spawn([process.execPath, MAIN, 'render', ...args], {
    env: { PATH: process.env.PATH, HEARTH_DATA: data, HEARTH_SKETCH_STEP_MS: '0', HEARTH_LOCAL_SERVERS: 'none' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [said, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, said, errors }
}

test('a picture is rendered from the terminal, and made again from its file or the one beside it, byte for byte', async () => {
  await using app = await testApp()
  const out = join(app.data, 'out')
  const first = await render(app.data, ['a red fox', ...SIZE, '--seed', '5', '--out', out])
  expect([first.code, first.errors]).toEqual([0, ''])
  const [name] = readdirSync(out)
  const copied = join(app.data, 'renamed by somebody.png')
  writeFileSync(copied, readFileSync(join(out, name!)))

  const again = await render(app.data, ['again', copied, '--out', join(app.data, 'again')])
  expect([again.code, again.errors]).toEqual([0, ''])
  expect(again.said).toContain('It is the same picture, byte for byte.')
  expect(readFileSync(join(app.data, 'again', name!)).equals(readFileSync(copied))).toBe(true)

  const [project] = (await app.json('/api/projects')).items
  expect([project.title, (await app.json('/api/projects')).items.length]).toEqual(['A red fox', 1])
  const folder = join(app.data, 'results', project.id)
  const results = readdirSync(folder, { recursive: true }) as string[]
  const beside = results.find((path) => path.endsWith('.json'))!
  expect((await render(app.data, ['again', join(folder, beside)])).said).toContain('byte for byte')
}, 60_000)

test('several are rendered with one order, and one begins where there is no server too', async () => {
  await using app = await testApp({ work: false })
  const data = join(app.data, 'other')
  const { code, said, errors } = await render(data, ['a jug', ...SIZE, '--count', '2', '--out', join(data, 'out')])
  expect([code, errors]).toEqual([0, ''])
  expect(readdirSync(join(data, 'out'))).toHaveLength(2)
  expect(said).toContain('pictures/a-jug-')
}, 60_000)

test('what can’t be made again, or makes no sense, is said in words', async () => {
  await using app = await testApp()
  const foreign = join(app.data, 'foreign.png')
  writeFileSync(foreign, encodePng(16, 16, new Uint8Array(16 * 16 * 3), { Software: 'another program' }))
  expect((await render(app.data, ['again', foreign])).errors).toContain('foreign.png does not say how it was made')
  const old = { prompt: 'a jug', seed: '1', steps: '2', guidance: '7', engine: 'sketch', version: '0' }
  writeFileSync(foreign, encodePng(64, 64, new Uint8Array(64 * 64 * 3), old))
  const refused = await render(app.data, ['again', foreign])
  expect([refused.code, /sketch is version \d+, and was 0/.test(refused.said)]).toEqual([1, true])
  for (const args of [[], ['a', 'b'], ['a jug', '--size', 'large'], ['a jug', '--count', 'two'], ['a jug', '--colour']])
    expect((await render(app.data, args)).code).toBe(2)
}, 60_000)
