import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodePng } from '../../src/gpu/png.ts'
import { readLine, type WorkerSpec, workerLine } from '../../src/gpu/protocol.ts'
import { type RenderDeps, type RenderSpec, render as renderWork } from '../../src/gpu/render.ts'
import { stoppedClock } from '../support/clock.ts'
import {
  furthestStep,
  type StepHooks,
  smallSpec,
  stepsOnly,
  testAttempts,
  testEngines,
  until,
  workersIn,
} from '../support/gpu-attempts.ts'

const MODEL = { id: 'a/b', family: 'a', format: 'diffusers', path: '/m', parts: {}, sha256: 'a'.repeat(64) }
const HOUR_MS = 3_600_000
const never = new AbortController().signal
const render = (deps: RenderDeps, spec: RenderSpec = smallSpec(), hooks: StepHooks = {}, signal = never) =>
  renderWork(deps, spec, stepsOnly(hooks), signal)
const faulty = (kind: NonNullable<WorkerSpec['fault']>['kind'], step = 5) =>
  smallSpec({ allowFaults: true, fault: { kind, step } })

test('a picture is rendered by a child, with its phases, steps, previews and provenance', async () => {
  using deps = testAttempts()
  const seen: string[] = []
  const { outputs, params } = await render(deps, smallSpec({ params: { prompt: 'die See – 海' } }), {
    onPhase: (phase) => seen.push(phase),
    onProgress: ({ step, steps, etaMs }) => seen.push(`${step}/${steps}${etaMs === null ? '' : ' eta'}`),
    onPreview: (path) => expect(decodePng(readFileSync(path)).width).toBe(160),
  })
  expect(seen.join(' ')).toBe('load denoise 1/8 2/8 eta 3/8 eta 4/8 eta 5/8 eta 6/8 eta 7/8 eta 8/8 eta decode save')
  const picture = outputs[0]!
  const png = decodePng(readFileSync(picture.path))
  expect([png.width, png.height, picture.seed]).toEqual([160, 96, 7])
  expect(png.text).toMatchObject({ prompt: 'die See – 海', seed: '7', steps: '8', engine: 'sketch' })
  expect(picture.path).toEndWith(`out/${picture.sha256}.png`)
  expect(params).toMatchObject({ tier: 'low', resumedFrom: 0 })
  expect(workersIn(deps.attempts)).toEqual([])
})

test('the child keeps the same lines in events.ndjson, and two checkpoints', async () => {
  using deps = testAttempts()
  await render(deps)
  const folder = join(deps.attempts, 'job-1', '1')
  const lines = readFileSync(join(folder, 'events.ndjson'), 'utf8').trim().split('\n')
  const read = lines.map((line) => readLine(workerLine, line)!)
  expect(read.map((line) => line.seq)).toEqual(read.map((_, i) => i))
  expect([read[0]!.type, read.at(-1)!.type]).toEqual(['hello', 'done'])
  expect(readdirSync(join(folder, 'ckpt')).sort()).toEqual(['000003.bin', '000006.bin'])
  expect(existsSync(join(folder, 'process.json'))).toBe(false)
})

test('a finished picture is used again, also by a later attempt; another prompt is rendered', async () => {
  using deps = testAttempts()
  const first = await render(deps)
  const broken = { ...deps, engines: testEngines(['/bin/false']) }
  expect(await render(broken)).toEqual(first)
  expect(await render(broken, smallSpec({ attempt: 2 }))).toEqual(first)
  await expect(render(broken, smallSpec({ attempt: 3, params: { prompt: 'rye' } }))).rejects.toMatchObject({
    code: 'gpu_worker_died',
  })
})

test('a child killed in the middle is resumed by the next attempt to the very same bytes', async () => {
  using deps = testAttempts()
  await expect(render(deps, faulty('die'))).rejects.toMatchObject({ code: 'gpu_worker_died', retryable: true })
  const phases: number[] = []
  const resumed = await render(deps, smallSpec({ attempt: 2 }), { onProgress: ({ step }) => phases.push(step) })
  expect(phases).toEqual([4, 5, 6, 7, 8])
  expect(resumed.resumedFrom).toBe(3)
  using fresh = testAttempts()
  expect((await render(fresh)).outputs[0]!.sha256).toBe(resumed.outputs[0]!.sha256)
})

test('the furthest good checkpoint is taken: a truncated one is passed over', async () => {
  using deps = testAttempts()
  await expect(render(deps, faulty('die', 8))).rejects.toMatchObject({ code: 'gpu_worker_died' })
  const spec = smallSpec()
  expect(furthestStep(deps.attempts)).toBe(6)
  truncateSync(join(deps.attempts, 'job-1', '1', 'ckpt', '000006.bin'), 200)
  expect((await render(deps, { ...spec, attempt: 2 })).resumedFrom).toBe(3)
})

test.each([
  ['garbage', 'gpu_worker_garbage', true],
  ['exit-1', 'gpu_worker_died', true],
  ['oom', 'gpu_out_of_memory', true],
  ['disk-full', 'disk_full', false],
] as const)('a child that fails by %s gives %s', async (kind, code, retryable) => {
  using deps = testAttempts()
  await expect(render(deps, faulty(kind))).rejects.toMatchObject({ code, retryable })
  expect(workersIn(deps.attempts)).toEqual([])
})

test('a child that says nothing for too long is killed', async () => {
  using deps = testAttempts({ deadlines: { denoise: 400 } })
  const start = performance.now()
  await expect(render(deps, faulty('hang'))).rejects.toMatchObject({ code: 'gpu_worker_hung', retryable: true })
  expect(performance.now() - start).toBeLessThan(4_000)
  expect(workersIn(deps.attempts)).toEqual([])
})

test('a child is not to blame for a silence in which the server slept, nor for a clock that somebody set', async () => {
  const clock = stoppedClock()
  using deps = testAttempts({ clock })
  const etas: (number | null)[] = []
  const picture = await render(deps, smallSpec(), {
    onProgress({ step, etaMs }) {
      etas.push(etaMs)
      if (step === 2) clock.passAsleep(HOUR_MS)
      if (step === 3) clock.set(HOUR_MS)
      if (step === 4) clock.set(-2 * HOUR_MS)
    },
  })
  expect(picture.outputs[0]!.width).toBe(160)
  expect(new Set(etas)).toEqual(new Set([null, 0])) // no time has passed for the server
})

test('heartbeats keep a slow step alive', async () => {
  using deps = testAttempts({ deadlines: { denoise: 1_900 } })
  const picture = await render(deps, smallSpec({ params: { steps: 1 }, stepMs: 2_600 }))
  expect(picture.outputs[0]!.width).toBe(160)
})

test('a cancelled render frees the device within a second', async () => {
  using deps = testAttempts()
  const stop = new AbortController()
  let at = 0
  const onProgress = () => {
    at ||= performance.now()
    stop.abort(new Error('cancelled by a person'))
  }
  await expect(render(deps, smallSpec({ stepMs: 500 }), { onProgress }, stop.signal)).rejects.toThrow(
    'cancelled by a person',
  )
  expect(performance.now() - at).toBeLessThan(1_000)
  expect(workersIn(deps.attempts)).toEqual([])
})

test('a child that does not listen is stopped all the same', async () => {
  using deps = testAttempts()
  const stop = new AbortController()
  const onProgress = ({ step }: { step: number }) => step === 4 && stop.abort(new Error('cancelled'))
  const start = performance.now()
  await expect(render(deps, faulty('hang'), { onProgress }, stop.signal)).rejects.toThrow('cancelled')
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(workersIn(deps.attempts)).toEqual([])
})

test('a pause writes a checkpoint at the end of the step and ends the child', async () => {
  using deps = testAttempts()
  const pause = new AbortController()
  const onProgress = ({ step }: { step: number }) => step === 4 && pause.abort()
  const spec = smallSpec({ stepMs: 40 })
  await expect(render(deps, spec, { onProgress, pause: pause.signal })).rejects.toMatchObject({ code: 'gpu_preempted' })
  expect(furthestStep(deps.attempts)).toBeGreaterThanOrEqual(4)
})

test('an output folder that cannot be written is told apart from a full disk', async () => {
  using deps = testAttempts()
  const folder = join(deps.attempts, 'job-1', '1')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'out'), 'a file where the folder should be')
  await expect(render(deps)).rejects.toMatchObject({ code: 'disk_unwritable', severity: 'critical' })
})

test('a success that left no true output is none', async () => {
  using deps = testAttempts({ command: ['/bin/true'] })
  await expect(render(deps)).rejects.toMatchObject({ code: 'gpu_worker_died', retryable: true })
})

test('a spec that no worker would take is refused before any is started', async () => {
  using deps = testAttempts({ command: ['/nonexistent'] })
  await expect(render(deps, smallSpec({ params: { width: 0 } }))).rejects.toMatchObject({
    code: 'gpu_bad_spec',
    retryable: false,
  })
  await expect(render(deps, smallSpec({ job: '../../x' }))).rejects.toMatchObject({ code: 'gpu_bad_spec' })
})

test('a renderer that cannot be started is an error of the renderer', async () => {
  using deps = testAttempts({ command: ['/nonexistent/renderer'] })
  await expect(render(deps)).rejects.toMatchObject({ code: 'gpu_worker_died' })
})

test('an error of the caller ends the child, and is the caller’s to see', async () => {
  using deps = testAttempts()
  const onProgress = () => {
    throw new Error('the caller has a bug')
  }
  await expect(render(deps, smallSpec({ stepMs: 300 }), { onProgress })).rejects.toThrow('the caller has a bug')
  await until('the child to be gone', () => workersIn(deps.attempts).length === 0)
})

test('a worker that floods stderr neither stalls nor fills the disk', async () => {
  const script = 'head -c 3000000 /dev/zero | tr "\\0" x >&2; exit 3'
  using deps = testAttempts({ command: ['/bin/sh', '-c', script] })
  await expect(render(deps)).rejects.toMatchObject({ code: 'gpu_worker_died', context: { code: 3 } })
  expect(statSync(join(deps.attempts, 'job-1', '1', 'log.txt')).size).toBe(256 * 1024)
})

test('each picture of a batch is the same as alone, with the seeds counting up', async () => {
  using deps = testAttempts()
  const { outputs } = await render(deps, smallSpec({ params: { count: 3, steps: 4 } }))
  expect(outputs.map(({ seed }) => seed)).toEqual([7, 8, 9])
  using other = testAttempts()
  const alone = await render(other, smallSpec({ params: { seed: 9, steps: 4 } }))
  expect(outputs[2]!.sha256).toBe(alone.outputs[0]!.sha256)
})

test('a batch that is killed goes on with the picture at work: those before it are kept', async () => {
  using deps = testAttempts()
  const params = { count: 3, steps: 4 }
  const spec = smallSpec({ params, allowFaults: true, fault: { kind: 'die', step: 10 } })
  await expect(render(deps, spec)).rejects.toMatchObject({ code: 'gpu_worker_died' })
  const resumed = await render(deps, smallSpec({ params, attempt: 2 }))
  expect([resumed.resumedFrom, resumed.resumedOn]).toEqual([8, 'CPU'])
  using fresh = testAttempts()
  const whole = await render(fresh, smallSpec({ params }))
  expect(resumed.outputs.map(({ sha256 }) => sha256)).toEqual(whole.outputs.map(({ sha256 }) => sha256))
})

test.each([
  ['another tier', { tier: 'high' }],
  ['other parameters', { params: { guidance: 3 } }],
  ['other weights', { model: MODEL }],
  ['another quantisation', { memory: { quantisation: 'int8' } }],
] as const)('a checkpoint of %s is not resumed', async (_what, change) => {
  using deps = testAttempts()
  await expect(render(deps, faulty('die'))).rejects.toMatchObject({ code: 'gpu_worker_died' })
  expect((await render(deps, smallSpec({ attempt: 2, ...change }))).resumedFrom).toBe(0)
})

test('one that was only held otherwise in memory is', async () => {
  using deps = testAttempts()
  await expect(render(deps, faulty('die'))).rejects.toMatchObject({ code: 'gpu_worker_died' })
  const memory = { vaeTiling: true, offload: 'model' } as const
  expect((await render(deps, smallSpec({ attempt: 2, memory }))).resumedFrom).toBe(3)
})

test('checkpoints and previews are as far apart as the spec says', async () => {
  using deps = testAttempts()
  const seen: string[] = []
  await render(deps, smallSpec({ checkpointMs: 60_000, previewMs: 60_000, previewPixels: 40 }), {
    onCheckpoint: (_path, step) => seen.push(`checkpoint ${step}`),
    onPreview: (path, step) => seen.push(`preview ${step} ${decodePng(readFileSync(path)).width}`),
  })
  expect(seen).toEqual(['preview 1 40', 'checkpoint 3', 'preview 8 40'])
})
