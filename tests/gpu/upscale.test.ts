import { describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src/gpu/durable.ts'
import { writeSpec } from '../../src/gpu/folder.ts'
import { upscalerProfile } from '../../src/gpu/models/upscalers.ts'
import { planRender } from '../../src/gpu/planner.ts'
import { encodePng } from '../../src/gpu/png.ts'
import { readLine, type WorkerLine, workerLine, workerResult, workerSpec } from '../../src/gpu/protocol.ts'
import { asPng, resampled } from '../../src/gpu/resample.ts'
import { optionsIn } from '../../src/gpu/sd-cpp/arguments.ts'
import { createListener } from '../../src/gpu/sd-cpp/output.ts'
import { upscalingOf } from '../../src/gpu/sd-cpp/upscale.ts'
import { passesFor, tileBytes, tilesOf } from '../../src/gpu/upscale.ts'
import { EXIT } from '../../src/gpu/wire.ts'
import { temporaryFolder } from '../support/database.ts'
import { esrgan, randomWeights } from '../support/esrgan.ts'
import { until, writtenSpec } from '../support/gpu-attempts.ts'
import { card, cpu, engine, facts, GIB, model } from '../support/gpu-plans.ts'
import { safetensors } from '../support/weights.ts'

const ROOT = join(import.meta.dir, '../..')
const MIB = 1024 ** 2
const fixture = (name: string) => readFileSync(join(ROOT, 'tests/fixtures/sd-cli', `${name}.txt`), 'utf8')
const OPTIONS = optionsIn(fixture('help'))
const GIVEN = { width: 40, height: 30 }
const picture = encodePng(40, 30, new Uint8ClampedArray(40 * 30 * 3).fill(200), {})
const input = { path: 'in/init.png', sha256: sha256(picture), mediaType: 'image/png' }

describe('what a pass is:', () => {
  test.each([
    [4, 4, 1],
    [4, 2, 1],
    [2, 4, 2],
    [2, 8, 3],
    [2, 3, 2],
    [4, 8, 2],
  ])('a model that makes pictures %i times as large makes one %i times as large in %i', (own, scale, passes) => {
    expect(passesFor(own, scale)).toBe(passes)
  })

  test('tiles are counted as sd-cli counts them', () => {
    expect(tilesOf(GIVEN, 2, 2, 32)).toEqual([2, 6])
    expect(tilesOf({ width: 200, height: 150 }, 4, 1, 128)).toEqual([4])
    expect(tilesOf({ width: 100, height: 90 }, 4, 1, 128)).toEqual([1])
  })

  test('a tile takes what sd-cli says that it takes', () => {
    const said: [number, number, number][] = [
      [4, 128, 416.19],
      [4, 64, 104.05],
      [2, 128, 104.19],
      [2, 32, 6.51],
    ]
    for (const [own, tile, mib] of said) expect(tileBytes(own, tile) / MIB / mib).toBeCloseTo(1, 1)
  })
})

const SD = engine({ name: 'sd-cpp', functions: ['image', 'upscale'], families: ['esrgan'], formats: ['safetensors'] })
const SKETCH = engine({ name: 'sketch', functions: ['image', 'upscale'], families: [], devices: ['cpu'] })
const upscaler = (scale = 4, over: object = {}) =>
  model(
    {
      id: 'esrgan/x',
      label: 'ESRGAN',
      family: 'esrgan',
      kind: 'upscaler',
      ...upscalerProfile(`x${scale}`, 64 * MIB),
      ...over,
    },
    { bytes: 64 * MIB },
  )
const asking = (request: object, more: object = {}) =>
  facts({
    request: { prompt: 'x', function: 'upscale', inputs: ['init'], given: { width: 512, height: 384 }, ...request },
    engines: [SD, SKETCH],
    models: [upscaler()],
    ...more,
  })

describe('an upscale is planned:', () => {
  test('with the model that is installed, as large as it makes it, in tiles', () => {
    const plan = planRender(asking({}))
    expect(plan).toMatchObject({ engine: 'sd-cpp', model: 'esrgan/x', tier: 'standard', needFrom: 'estimated' })
    expect(plan.params).toMatchObject({ width: 2048, height: 1536, scale: 4, steps: 20, seed: 0, count: 1 })
    expect(plan.needBytes! / MIB).toBeCloseTo(64 + 417 + 500, -1)
  })

  test('without a model, or on a CPU where none is named, smoothly by sketch, which says that it adds nothing', () => {
    const without = planRender(asking({}, { models: [] }))
    expect(without).toMatchObject({ engine: 'sketch', model: null, params: { width: 1024, height: 768, scale: 2 } })
    expect(without.reason).toContain('adds no detail')
    expect(planRender(asking({}, { device: cpu() })).engine).toBe('sketch')
    expect(planRender(asking({ model: 'esrgan/x' }, { device: cpu() }))).toMatchObject({ engine: 'sd-cpp' })
  })

  test('in smaller tiles where memory is short, a rung at a time, and by sketch where nothing fits', () => {
    const first = planRender(asking({}))
    expect(first.ahead).toEqual([1, 2, 4])
    const tiled = planRender(asking({}, { rung: 2, before: first }))
    expect([tiled.memory.vaeTiling, Math.round((first.needBytes! - tiled.needBytes!) / MIB)]).toEqual([true, 313])
    const little = planRender(asking({}, { device: card(1.2), reserveBytes: GIB / 2 }))
    expect(little).toMatchObject({ model: 'esrgan/x', tier: 'low', memory: { vaeTiling: true } })
    const none = planRender(asking({}, { device: card(0.6, { totalBytes: 0.6 * GIB }) }))
    expect(none).toMatchObject({ engine: 'sketch', lowered: [{ what: 'model', from: 'esrgan/x', to: 'sketch' }] })
  })

  test.each([
    ['too large a picture', { scale: 8, given: { width: 2000, height: 100 } }, 'invalid_size', '16000 x 800'],
    [
      'too large a picture on the way',
      { scale: 8, given: { width: 1000, height: 800 } },
      'invalid_size',
      '16000 x 12800',
    ],
    ['a scale that is none', { scale: 1 }, 'invalid_input', '1.1 to 8 times'],
    ['several pictures', { count: 2 }, 'invalid_input', 'makes one picture'],
    ['no picture', { given: undefined }, 'invalid_input', 'begins with a picture'],
    ['a mask', { inputs: ['init', 'mask'] }, 'gpu_no_model', 'No model is installed'],
  ])('not for %s', (_what, request, code, words) => {
    const plan = () => planRender(asking(request))
    expect(plan).toThrow(words)
    expect(plan).toThrow(expect.objectContaining({ code }))
  })
})

async function specFor(over: Partial<Parameters<typeof writtenSpec>[0]> = {}) {
  const at = {
    id: 'esrgan/x',
    family: 'esrgan',
    format: 'safetensors',
    path: '/m/x4.safetensors',
    sha256: 'a'.repeat(64),
  }
  const usual = { engine: 'sd-cpp', function: 'upscale', model: { ...at, scale: 4 }, inputs: { init: input } }
  return workerSpec.parse({
    v: 2,
    ...writtenSpec({ ...usual, params: { width: 160, height: 120, scale: 4 }, ...over }),
  })
}

test('a spec becomes arguments, all of them options that sd-cli has', async () => {
  using place = temporaryFolder()
  mkdirSync(join(place.path, 'in'))
  writeFileSync(join(place.path, 'in/init.png'), picture)
  const at = { folder: place.path, out: '/o.png', options: OPTIONS }
  const { args, size, tiles } = await upscalingOf(await specFor(), at)
  expect(args.join(' ')).toBe(
    `-M upscale --upscale-model /m/x4.safetensors --upscale-repeats 1 --upscale-tile-size 128 -i ${place.path}/in/init.png --disable-image-metadata -o /o.png`,
  )
  expect([size, tiles]).toEqual([{ width: 160, height: 120 }, [1]])
  const small = await upscalingOf(await specFor({ memory: { vaeTiling: true, offload: 'model' } }), at)
  expect(small.args.join(' ')).toContain('--upscale-tile-size 32')
  expect(args.filter((word) => word.startsWith('--') && !OPTIONS.has(word))).toEqual([])
})

test('what sd-cli says while it enlarges is understood: weights, passes, tiles, the end', () => {
  const { hear } = createListener()
  const heard = (fixture('upscale').match(/[\s\S]{1,61}/g) ?? []).flatMap(hear)
  const kinds = heard.flatMap(({ type }, i) => (heard[i - 1]?.type === type ? [] : [type]))
  expect(kinds.join(' ')).toBe('loading pass step pass step saved')
  expect(heard.findLast(({ type }) => type === 'step')).toEqual({ type: 'step', step: 6, steps: 6 })
})

/** A worker around a program, with weights of a name; `program` none: sketch. */
function runWorker(
  engine: 'sd-cpp' | 'sketch',
  over: Partial<Parameters<typeof writtenSpec>[0]>,
  real = '',
  weights = 'x4',
) {
  const place = temporaryFolder()
  const folder = join(place.path, 'job-1', '1')
  mkdirSync(join(folder, 'in'), { recursive: true })
  writeFileSync(join(folder, 'in/init.png'), picture)
  const path = join(place.path, `${weights}.safetensors`)
  const tensors = esrgan(weights.includes('2') ? 2 : 4, weights.includes('old') ? 'old' : 'new')
  writeFileSync(path, real ? randomWeights(tensors) : safetensors(tensors))
  const program = join(place.path, 'sd-cli')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/tests/support/sd-cli-main.ts' "$@"\n`)
  chmodSync(program, 0o755)
  const at = { id: 'esrgan/x', family: 'esrgan', format: 'safetensors', path, sha256: 'a'.repeat(64) }
  const scale = weights.includes('2') ? 2 : 4
  const given = {
    function: 'upscale',
    inputs: { init: input },
    ...(engine === 'sketch' ? {} : { model: { ...at, scale } }),
  }
  writeSpec(folder, { ...writtenSpec({ engine, ...given, ...over }), engineVersion: '1' })
  const command = engine === 'sketch' ? ['sketch', folder] : ['sd-cpp', real || program, folder]
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/main.ts'), 'worker', ...command], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: real ? 'inherit' : 'ignore',
  })
  const lines = () => {
    const at = join(folder, 'events.ndjson')
    const said = existsSync(at) ? readFileSync(at, 'utf8').split('\n') : []
    return said.map((text) => readLine(workerLine, text)).filter((line): line is WorkerLine => line !== null)
  }
  const output = () => readLine(workerResult, readFileSync(join(folder, 'result.json'), 'utf8'))!.outputs[0]!
  return { folder, child, lines, output, [Symbol.dispose]: () => place[Symbol.dispose]() }
}

const LARGER = { width: 160, height: 120, scale: 4 }

test('sd-cli makes a picture larger; what it counts in two passes is counted together', async () => {
  using run = runWorker('sd-cpp', { params: LARGER, memory: { offload: 'model' } }, '', 'x2')
  expect(await run.child.exited).toBe(EXIT.done)
  expect(run.output()).toMatchObject({ width: 160, height: 120, mediaType: 'image/png' })
  const phases = run.lines().flatMap((line) => (line.type === 'phase' ? [line.phase] : []))
  expect(phases).toEqual(['load', 'denoise', 'save'])
  const steps = run
    .lines()
    .flatMap((line) => (line.type === 'progress' && line.steps ? [`${line.step}/${line.steps}`] : []))
  expect(steps).toEqual(['0/8', '1/8', '2/8', '2/8', '3/8', '4/8', '5/8', '6/8', '7/8', '8/8'])
})

test('a scale that the model has not is reached from above, by Lanczos', async () => {
  using run = runWorker('sd-cpp', { params: { width: 60, height: 45, scale: 1.5 } })
  expect(await run.child.exited).toBe(EXIT.done)
  expect(run.output()).toMatchObject({ width: 60, height: 45 })
})

test.each([
  ['cut', EXIT.modelMissing, 'model_unusable'],
  ['memory', EXIT.outOfMemory, 'host_out_of_memory'],
])('sd-cli that fails by %s ends as if it were done, and is not believed', async (fault, exit, code) => {
  using run = runWorker('sd-cpp', { params: LARGER }, '', `fails-${fault}`)
  expect(await run.child.exited).toBe(exit)
  expect(run.lines().find(({ type }) => type === 'failed')).toMatchObject({ code })
  expect(existsSync(join(run.folder, 'result.json'))).toBe(false)
})

test('sketch makes a picture larger by itself: the same bytes each time', async () => {
  const made = []
  for (let n = 0; n < 2; n++) {
    using run = runWorker('sketch', { params: { width: 120, height: 90, scale: 3 } })
    expect(await run.child.exited).toBe(EXIT.done)
    expect(run.output()).toMatchObject({ width: 120, height: 90, mediaType: 'image/png' })
    made.push(run.output().sha256)
  }
  expect(made[0]).toBe(made[1])
  const grey = new Bun.Image(await resampled(picture, 120, 90))
  expect(await grey.metadata()).toMatchObject({ width: 120, height: 90, format: 'png' })
})

test('sketch ends at once when it is asked to, and says what it can’t open', async () => {
  using slow = runWorker('sketch', { params: { width: 120, height: 90, scale: 3 }, stepMs: 60_000 })
  await until(
    'it is at work',
    () => slow.lines().some((line) => line.type === 'phase' && line.phase === 'denoise'),
    15_000,
  )
  slow.child.stdin.write('{"type":"cancel"}\n')
  slow.child.stdin.flush()
  expect(await slow.child.exited).toBe(EXIT.cancelled)
  await expect(asPng(Buffer.from('no picture'))).rejects.toThrow('can’t be opened')
})

const { SD_CLI } = process.env

test.skipIf(!SD_CLI).each(['x4', 'x2', 'x4-old'])(
  'the real sd-cli loads ESRGAN from safetensors (%s), and makes a picture larger',
  async (weights) => {
    using run = runWorker('sd-cpp', { params: LARGER, memory: { offload: 'model' } }, SD_CLI!, weights)
    expect(await run.child.exited).toBe(EXIT.done)
    expect(run.output()).toMatchObject({ width: 160, height: 120 })
    expect(readdirSync(join(run.folder, 'out'))).toContain(`${run.output().sha256}.png`)
  },
  300_000,
)
