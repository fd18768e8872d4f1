import { expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeSpec } from '../../src/gpu/folder.ts'
import { readLine, type WorkerLine, workerLine, workerResult } from '../../src/gpu/protocol.ts'
import { argumentsFor, optionsIn, Unsuitable } from '../../src/gpu/sd-cpp/arguments.ts'
import { createListener, type Heard } from '../../src/gpu/sd-cpp/output.ts'
import { pictureIn } from '../../src/gpu/sd-cpp/previews.ts'
import { pulseOf } from '../../src/gpu/sd-cpp/pulse.ts'
import { EXIT } from '../../src/gpu/wire.ts'
import { temporaryFolder } from '../support/database.ts'
import { until, writtenSpec } from '../support/gpu-attempts.ts'

const ROOT = join(import.meta.dir, '../..')
const fixture = (name: string) => readFileSync(join(ROOT, 'tests/fixtures/sd-cli', `${name}.txt`), 'utf8')
const OPTIONS = optionsIn(fixture('help'))

function heardIn(text: string, piece: number): Heard[] {
  const listener = createListener()
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${piece}}`, 'g')) ?? []
  return [...pieces, '\n'].flatMap((each) => listener.hear(each))
}

/** Kinds in their order, repeated ones once. */
function kinds(heard: Heard[]): string {
  return heard.flatMap(({ type }, i) => (heard[i - 1]?.type === type ? [] : [type])).join(' ')
}

test.each([100_000, 4096, 61])('a picture is heard of, from loading to saving, in pieces of %i', (piece) => {
  const heard = heardIn(fixture('picture'), piece)
  expect(kinds(heard)).toBe('loading encoding step decoding saved')
  expect(heard.filter(({ type }) => type === 'step')).toEqual([
    { type: 'step', step: 1, steps: 2 },
    { type: 'step', step: 2, steps: 2 },
  ])
  expect(heard.findLast(({ type }) => type === 'loading')).toEqual({ type: 'loading', share: 1 })
})

test('bars that look alike are told apart: tiles of the given picture, steps, tiles of the new one', () => {
  const heard = heardIn(fixture('tiled'), 50)
  expect(kinds(heard)).toBe('loading encoding tile step decoding tile saved')
  expect(heard.filter(({ type }) => type === 'tile')).toHaveLength(5)
})

test('the bar that newer versions load with counts no steps', () => {
  const newer = fixture('picture').replaceAll(
    /\|(=*)>?( *)\| (\d+\/\d+ - [\d.]+[MG]B\/s)/g,
    (_all, done, rest, count) => {
      return `|${'#'.repeat(done.length)}${rest}| ${count}`
    },
  )
  expect(newer).toContain('####')
  expect(kinds(heardIn(newer, 300))).toBe('loading encoding step decoding saved')
})

test('memory that is out, weights that can’t be read and a broken device are understood', () => {
  expect(heardIn(fixture('memory'), 80)).toContainEqual({
    type: 'out-of-memory',
    where: 'host',
    needBytes: 1_719_929_632,
  })
  expect(heardIn(fixture('cut'), 80).map(({ type }) => type)).toContain('error')
  const cuda =
    'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1024.50 MiB on device 0: cudaMalloc failed: out of memory\n'
  expect(heardIn(cuda, 80)).toEqual([{ type: 'out-of-memory', where: 'device', needBytes: 1024.5 * 1024 ** 2 }])
  expect(heardIn('CUDA error: an illegal memory access was encountered\n', 80)).toEqual([
    { type: 'device-fatal', message: 'an illegal memory access was encountered' },
  ])
})

const MODEL = {
  id: 'sd15/x',
  family: 'sd15',
  format: 'safetensors',
  path: '/models/x.safetensors',
  sha256: 'a'.repeat(64),
}
const at = { n: 0, out: '/f/out/picture.png', folder: '/f', options: OPTIONS }

async function specOf(over: Parameters<typeof writtenSpec>[0]) {
  const { workerSpec } = await import('../../src/gpu/protocol.ts')
  return workerSpec.parse({ v: 2, ...writtenSpec({ engine: 'sd-cpp', model: MODEL, ...over }) })
}

test('a spec becomes arguments, all of them options that the program has', async () => {
  const spec = await specOf({
    params: { sampler: 'dpmpp_2m_karras', negative: 'blurry' },
    inputs: { init: { path: 'in/init.png', sha256: 'b'.repeat(64), mediaType: 'image/png' } },
    memory: { offload: 'group', vaeTiling: true, quantisation: 'q4_k' },
  })
  const args = argumentsFor(spec, { ...at, n: 2 })
  const said = args.join(' ')
  expect(said).toContain('-s 9 ')
  expect(said).toContain('-i /f/in/init.png --strength 0.75')
  expect(said).toContain('--sampling-method dpm++2m --scheduler karras')
  expect(said).toContain('--type q4_K --vae-tiling --offload-to-cpu --max-vram -1')
  expect(args.filter((word) => word.startsWith('--') && !OPTIONS.has(word))).toEqual([])
})

test('parts in files of their own are named, and a guidance that the model is told is no second pass', async () => {
  const parts = {
    transformer: '/m/flux-q4.gguf',
    vae: '/m/ae.safetensors',
    clipL: '/m/l.safetensors',
    t5: '/m/t5.safetensors',
  }
  const spec = await specOf({ model: { ...MODEL, family: 'flux1', parts }, params: { guidance: 3.5 } })
  const said = argumentsFor(spec, at).join(' ')
  expect(said).toContain(
    '--diffusion-model /m/flux-q4.gguf --vae /m/ae.safetensors --clip_l /m/l.safetensors --t5xxl /m/t5',
  )
  expect(said).toContain('--cfg-scale 1 --guidance 3.5')
  expect(said).not.toContain(' -m ')
})

test.each([
  ['a sampler that it lacks', { params: { sampler: 'dpmpp_3m_sde' } }],
  ['no model', { model: null }],
  ['a part that it does not know', { model: { ...MODEL, parts: { hyper: '/m/x' } } }],
])('%s is refused', async (_what, over) => {
  const spec = await specOf(over)
  expect(() => argumentsFor(spec, at)).toThrow(Unsuitable)
})

/** The worker around the stand-in, as the server starts it, on a spec of `over`. */
function runWorker(over: Parameters<typeof writtenSpec>[0] & object, attempt = 1) {
  const place = temporaryFolder()
  const folder = join(place.path, 'job-1', String(attempt))
  mkdirSync(folder, { recursive: true })
  const weights = join(place.path, 'model.safetensors')
  writeFileSync(weights, 'weights')
  const program = join(place.path, 'sd-cli')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/tests/support/sd-cli-main.ts' "$@"\n`)
  chmodSync(program, 0o755)
  writeSpec(folder, {
    ...writtenSpec({ engine: 'sd-cpp', model: { ...MODEL, path: weights }, attempt, ...over }),
    engineVersion: '1',
  })
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/main.ts'), 'worker', 'sd-cpp', program, folder], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const lines = () => {
    const path = join(folder, 'events.ndjson')
    const said = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
    return said.map((text) => readLine(workerLine, text)).filter((line): line is WorkerLine => line !== null)
  }
  return { folder, child, lines, [Symbol.dispose]: () => place[Symbol.dispose]() }
}

test('a batch is rendered, one run of the program for each picture, with previews and a result', async () => {
  using run = runWorker({ params: { count: 2, width: 64, height: 64 }, previewMs: 1 })
  expect(await run.child.exited).toBe(EXIT.done)
  const result = readLine(workerResult, readFileSync(join(run.folder, 'result.json'), 'utf8'))!
  expect(result.outputs.map(({ seed, width, mediaType }) => [seed, width, mediaType])).toEqual([
    [7, 64, 'image/png'],
    [8, 64, 'image/png'],
  ])
  expect([result.engineVersion, result.params.program]).toEqual(['1', 'master-1-97d2990'])
  const phases = run.lines().flatMap((line) => (line.type === 'phase' ? [line.phase] : []))
  expect(phases.join(' ')).toBe('load encode denoise decode save load encode denoise decode save')
  expect(run.lines().filter(({ type }) => type === 'preview')).not.toEqual([])
  expect(readdirSync(join(run.folder, 'ckpt'))).toContain('000002.json')
})

test('a clip has previews, and the first frame of the last of them stands for it', async () => {
  using run = runWorker({ function: 'video', params: { count: 2, width: 64, height: 64, frames: 5 }, previewMs: 1 })
  expect(await run.child.exited).toBe(EXIT.done)
  const { outputs } = readLine(workerResult, readFileSync(join(run.folder, 'result.json'), 'utf8'))!
  expect(outputs.map(({ mediaType, frames, poster }) => `${mediaType} ${frames} ${poster}`)).toEqual([
    'video/webm 5 previews/000002.jpg',
    'video/webm 5 previews/001002.jpg',
  ])
  for (const { poster } of outputs)
    expect(await new Bun.Image(readFileSync(join(run.folder, poster!))).metadata()).toMatchObject({ width: 64 })
  expect(pictureIn(Buffer.from('RIFF....AVI LIST'))).toBeNull()
})

test('a batch goes on with the picture after the last that is done', async () => {
  using first = runWorker({ params: { count: 3, prompt: 'fails: second' } })
  await until('the first picture', () => first.lines().some(({ type }) => type === 'checkpoint'), 15_000)
  first.child.stdin.end()
  expect(await first.child.exited).toBe(EXIT.preempted)
  using second = runWorker({ params: { count: 3 }, resumeFrom: join(first.folder, 'ckpt/000001.json') }, 2)
  expect(await second.child.exited).toBe(EXIT.done)
  const result = readLine(workerResult, readFileSync(join(second.folder, 'result.json'), 'utf8'))!
  expect([result.resumedFrom, result.outputs.length]).toEqual([1, 3])
  expect(second.lines().filter((line) => line.type === 'phase' && line.phase === 'load')).toHaveLength(2)
})

test.each([
  ['memory', EXIT.outOfMemory, 'host_out_of_memory'],
  ['device', EXIT.outOfMemory, 'out_of_memory'],
  ['fatal', EXIT.deviceFatal, 'device_fatal'],
  ['cut', EXIT.modelMissing, 'model_unusable'],
])('a program that fails by %s is told apart', async (fault, exit, code) => {
  using run = runWorker({ params: { prompt: `fails: ${fault}` } })
  expect(await run.child.exited).toBe(exit)
  expect(run.lines().find(({ type }) => type === 'failed')).toMatchObject({ code })
})

test('a cancel ends the program at once', async () => {
  using run = runWorker({ params: { prompt: 'fails: hang' } })
  await until('a step', () => run.lines().some((line) => line.type === 'progress' && line.step === 1), 15_000)
  const start = performance.now()
  run.child.stdin.write('{"type":"cancel"}\n')
  run.child.stdin.flush()
  expect(await run.child.exited).toBe(EXIT.cancelled)
  expect(performance.now() - start).toBeLessThan(1_500)
})

test('LoRAs are found by their places in the spec, and named in the prompt', async () => {
  const place = temporaryFolder()
  using _ = place
  const path = join(place.path, 'style.safetensors')
  writeFileSync(path, 'x')
  const loras = [{ path, sha256: 'c'.repeat(64), name: 'style', scale: 0.8 }]
  using run = runWorker({ loras })
  expect(await run.child.exited).toBe(EXIT.done)
  expect(readFileSync(join(run.folder, 'in/loras/0.safetensors'), 'utf8')).toBe('x')
  expect(argumentsFor(await specOf({ loras }), at).join(' ')).toContain('a lighthouse at dusk<lora:0:0.8>')
})

test('a prompt that names a LoRA by itself gets no file of this machine', async () => {
  const spec = await specOf({ params: { prompt: 'a cat <lora:/home/me/secret:1>' } })
  expect(argumentsFor(spec, at)).toContain('a cat <lora /home/me/secret:1>')
})

test('a process that works has a pulse, one that sleeps or has ended has none', async () => {
  const busy = Bun.spawn(['sh', '-c', 'while :; do :; done'])
  const idle = Bun.spawn(['sleep', '60'])
  const [isBusy, isIdle] = [pulseOf(busy.pid), pulseOf(idle.pid)]
  await until('the sleeper to sleep', () => !isIdle())
  isBusy()
  await until('the busy one to have worked', isBusy)
  expect(isIdle()).toBe(false)
  busy.kill('SIGKILL')
  idle.kill('SIGKILL')
  await busy.exited
  isBusy()
  expect(isBusy()).toBe(false)
})

const { SD_CLI, SD_MODEL } = process.env

test.skipIf(!SD_CLI || !SD_MODEL)(
  'the real program renders with real weights',
  async () => {
    const place = temporaryFolder()
    using _ = place
    const folder = join(place.path, 'job-1', '1')
    mkdirSync(folder, { recursive: true })
    const params = { width: 64, height: 64, steps: 2 }
    writeSpec(folder, writtenSpec({ engine: 'sd-cpp', model: { ...MODEL, path: SD_MODEL! }, params }))
    const child = Bun.spawn([process.execPath, join(ROOT, 'src/main.ts'), 'worker', 'sd-cpp', SD_CLI!, folder], {
      stdin: 'pipe',
    })
    expect(await child.exited).toBe(EXIT.done)
    const result = readLine(workerResult, readFileSync(join(folder, 'result.json'), 'utf8'))!
    expect(result.outputs[0]).toMatchObject({ width: 64, height: 64, mediaType: 'image/png' })
    expect(readdirSync(join(folder, 'previews'))).toContain('000002.png')
  },
  120_000,
)
