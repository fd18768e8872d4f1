import { expect, test } from 'bun:test'
import { splitLines } from '../../src/gpu/lines.ts'
import { readLine, workerLine, workerSpec } from '../../src/gpu/protocol.ts'

const fixture = await Bun.file(`${import.meta.dir}/../fixtures/worker-protocol.ndjson`).text()
const lines = fixture.trim().split('\n')

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('every line of the fixture is read as it was written', () => {
  const kinds = new Set(lines.map((text) => readLine(workerLine, text)!.type))
  for (const text of lines) expect<unknown>(readLine(workerLine, text)).toEqual(JSON.parse(text))
  expect([...kinds].sort().join(' ')).toBe('checkpoint done failed heartbeat hello idle phase preview progress')
})

test.each(['', 'null', 'progress: 3/15', '{"type":"progress"}', '{"v":1,"type":"heartbeat"}'])(
  '%p is not a line',
  (text) => {
    expect(readLine(workerLine, text)).toBeNull()
  },
)

test('a worker can name no file outside of its folder', () => {
  const preview = lines.find((line) => line.includes('"preview"'))!
  for (const file of ['../x.png', '/etc/passwd', 'previews/../../x.png', 'spec.json'])
    expect(readLine(workerLine, preview.replace('previews/000001.png', file))).toBeNull()
})

test.each([1, 7, 4096])('lines are the same however the stream is cut (%i bytes)', async (size) => {
  expect(await Array.fromAsync(splitLines(inPieces(fixture, size), 65536))).toEqual(lines)
})

test('a line that is too long is reported once, and the next is read', async () => {
  const text = `short\n${'x'.repeat(300)}\nafter\nlast`
  expect(await Array.fromAsync(splitLines(inPieces(text, 64), 100))).toEqual(['short', null, 'after', 'last'])
})

test('a spec out of bounds is refused', () => {
  const spec = {
    v: 2,
    engine: 'sketch',
    job: 'a',
    attempt: 1,
    params: { prompt: 'sea', width: 64, height: 64, seed: 1, steps: 4, guidance: 7 },
    tier: 'low',
    device: { id: 'cpu', kind: 'cpu', name: 'CPU' },
  }
  expect(workerSpec.safeParse(spec).success).toBe(true)
  for (const bad of [
    { job: '../x' },
    { params: { ...spec.params, width: 0 } },
    { params: { ...spec.params, steps: 0 } },
    { params: { ...spec.params, seed: -1 } },
    { params: { ...spec.params, prompt: '' } },
    { v: 1 },
    { params: { ...spec.params, height: 99_999 } },
    { tier: 'huge' },
    { inputs: { init: { path: '../../etc/passwd', sha256: '0'.repeat(64), mediaType: 'image/png' } } },
  ])
    expect(workerSpec.safeParse({ ...spec, ...bad }).success).toBe(false)
})
