import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '../durable.ts'
import type { Phase, WorkerOutput, WorkerResult, WorkerSpec } from '../protocol.ts'
import { EXIT, PROTOCOL } from '../wire.ts'
import { keepOutput, takeDone, writeDone } from '../worker/batch.ts'
import { type Begun, type Listening, workIn } from '../worker/begin.ts'
import { Ended, sayEnd } from '../worker/end.ts'
import { argumentsFor, LORAS, previewOf, Unsuitable } from './arguments.ts'
import type { Heard } from './output.ts'
import { type Previews, previewTaker } from './previews.ts'
import { lookAt, type Program, type Run, startProgram } from './program.ts'
import { pulseOf } from './pulse.ts'
import { enlargedIn, type Upscaling, upscalingOf } from './upscale.ts'

const NAME = 'sd-cpp'
const HEARTBEAT_MS = 1_000

interface Work extends Begun {
  program: Program
  phase: Phase | null
}

/** The child's side of the protocol around stable-diffusion.cpp's program, which runs once for each picture of a batch. */
export function runSdCppWorker(path: string, folder: string, heard: Listening = {}): Promise<number> {
  return workIn(
    folder,
    heard,
    (begun) => renderIn(path, begun),
    (error, { say }) => sayEnd(asEnd(error), say),
  )
}

async function renderIn(path: string, begun: Begun): Promise<void> {
  const { spec, say } = begun
  const program = await lookAt(path)
  if (!program) throw new Ended(EXIT.modelMissing, 'model_missing', `${path} can't be run. Set HEARTH_SD_CLI.`)
  say({ type: 'hello', pid: process.pid, engine: NAME, engineVersion: spec.engineVersion, device: spec.device.id })
  await renderAll({ ...begun, program, phase: null })
}

function asEnd(error: unknown): unknown {
  return error instanceof Unsuitable ? new Ended(EXIT.badSpec, 'bad_spec', error.message) : error
}

async function renderAll(work: Work): Promise<void> {
  const { folder, spec, say, program } = work
  mustBeThere(spec)
  linkLoras(folder, spec)
  const outputs = takeDone(folder, spec.resumeFrom)
  const resumedFrom = outputs.length
  while (outputs.length < spec.params.count) {
    outputs.push(await renderOne(work, outputs.length))
    say({ type: 'checkpoint', file: writeDone(folder, outputs), step: outputs.length })
  }
  const { job, attempt, engineVersion, tier, device, memory, params } = spec
  const result: WorkerResult = {
    v: PROTOCOL,
    job,
    attempt,
    engine: NAME,
    engineVersion,
    outputs,
    params: { ...params, ...memory, program: program.version, tier, device: device.id, resumedFrom },
    resumedFrom,
    peakBytes: null,
  }
  writeDurably(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  say({ type: 'done', outputs })
}

function mustBeThere({ model, loras }: WorkerSpec): void {
  const files = [...(model ? [model.path, ...Object.values(model.parts)] : []), ...loras.map(({ path }) => path)]
  const missing = files.find((file) => !existsSync(file))
  if (missing) throw new Ended(EXIT.modelMissing, 'model_missing', `${missing} is not there.`)
}

function linkLoras(folder: string, { loras }: WorkerSpec): void {
  if (loras.length > 0) mkdirSync(join(folder, LORAS), { recursive: true })
  loras.forEach(({ path }, n) => {
    symlinkSync(path, join(folder, LORAS, `${n}.${path.split('.').at(-1)}`))
  })
}

/** Runs the program for the n-th picture of the batch. */
async function renderOne(work: Work, n: number): Promise<WorkerOutput> {
  const { folder, spec, program, control } = work
  const extension = spec.function === 'video' ? 'webm' : 'png'
  const out = join(folder, 'out', `picture.${extension}`)
  const errors: Heard[] = []
  const { options } = program
  const previews = previewTaker(folder, previewOf(spec), work.say, n)
  enter(work, 'load')
  const upscaling = spec.function === 'upscale' ? await upscalingOf(spec, { folder, out, options }) : null
  const args = upscaling?.args ?? argumentsFor(spec, { n, out, folder, options })
  const run = startProgram(program.path, args, listenerOf(work, errors, previews, upscaling))
  const stop = () => run.end()
  control.signal.addEventListener('abort', stop, { once: true })
  if (control.stop()) stop()
  const { code, signal } = await attended(work, run)
  control.signal.removeEventListener('abort', stop)
  if (control.stop() === 'cancel') throw new Ended(EXIT.cancelled, 'cancelled', 'cancelled')
  if (control.stop()) throw new Ended(EXIT.preempted, 'preempted', 'stopped before the picture was done')
  if (code !== 0) throw failureOf(errors, code, signal)
  const bytes = upscaling ? await enlargedIn(out, upscaling, spec.params) : readFileSync(out)
  if (!bytes) throw failureOf(errors, code, signal)
  const made = keepOutput(folder, bytes, extension, spec, n)
  return spec.function === 'video' ? { ...made, poster: posterOf(previews, spec) } : made
}

/** The first frame as the program last showed it: nothing here decodes what it has made. */
function posterOf(previews: Previews, { params }: WorkerSpec): string | undefined {
  previews.take(params.steps)
  return previews.last()
}

/** Says that the program lives as long as it does, and takes its previews on the way. */
async function attended({ say }: Work, run: Run) {
  const isAlive = pulseOf(run.pid)
  const beat = setInterval(() => isAlive() && say({ type: 'heartbeat' }), HEARTBEAT_MS)
  try {
    return await run.ended
  } finally {
    clearInterval(beat)
  }
}

/** Turns what the program says into lines of the protocol. */
function listenerOf(
  work: Work,
  errors: Heard[],
  previews: Previews,
  upscaling: Upscaling | null,
): (heard: Heard) => void {
  const { say, spec } = work
  const totalBytes = bytesOf(spec)
  const counted = countTiles(upscaling)
  let previewedAt = 0
  return (heard) => {
    if (heard.type === 'loading') say({ type: 'progress', bytes: Math.round(totalBytes * heard.share), totalBytes })
    else if (heard.type === 'encoding') enter(work, 'encode')
    else if (heard.type === 'step' || heard.type === 'pass') {
      enter(work, 'denoise')
      say({ type: 'progress', ...counted(heard) })
      if (heard.type === 'pass' || spec.previewMs === 0 || performance.now() - previewedAt < spec.previewMs) return
      previewedAt = performance.now()
      previews.take(heard.step)
    } else if (heard.type === 'decoding') enter(work, 'decode')
    else if (heard.type === 'tile') {
      if (work.phase === 'decode') say({ type: 'progress', step: heard.tile, steps: heard.tiles })
    } else if (heard.type === 'saved') enter(work, 'save')
    else errors.push(heard)
  }
}

/** The tiles of all passes of an upscale are counted together; a picture that is one tile is not told of. */
function countTiles(upscaling: Upscaling | null) {
  const tiles = upscaling?.tiles ?? []
  const steps = tiles.reduce((sum, one) => sum + one, 0)
  let pass = 0
  return (heard: Heard & { type: 'step' | 'pass' }) => {
    if (heard.type === 'pass') pass++
    const before = tiles.slice(0, Math.max(0, pass - 1)).reduce((sum, one) => sum + one, 0)
    if (heard.type === 'pass') return { step: before, steps }
    return upscaling ? { step: before + heard.step, steps } : { step: heard.step, steps: heard.steps }
  }
}

function enter(work: Work, phase: Phase): void {
  if (work.phase === phase) return
  work.phase = phase
  work.say({ type: 'phase', phase })
}

function bytesOf({ model }: WorkerSpec): number {
  const files = model ? new Set([model.path, ...Object.values(model.parts)]) : []
  return [...files].reduce((sum, file) => sum + statSync(file).size, 0)
}

/** The gravest of what the program has complained of; its own exit code is always 1. */
function failureOf(errors: Heard[], code: number | null, signal: string | null): Ended {
  for (const heard of errors)
    if (heard.type === 'out-of-memory') {
      const [kind, where] =
        heard.where === 'host' ? ['host_out_of_memory', 'This machine'] : ['out_of_memory', 'The device']
      const figures = heard.needBytes === null ? {} : { needBytes: heard.needBytes }
      return new Ended(EXIT.outOfMemory, kind!, `${where} has no memory left.`, figures)
    }
  const fatal = errors.find((heard) => heard.type === 'device-fatal')
  if (fatal) return new Ended(EXIT.deviceFatal, 'device_fatal', fatal.message)
  const said = errors.flatMap((heard) => (heard.type === 'error' ? [heard.message] : []))
  const unread = said.find((message) =>
    /^(init model loader from file|get sd version from file|load tensors)/.test(message),
  )
  if (unread) return new Ended(EXIT.modelMissing, 'model_unusable', unread)
  if (code === 0)
    return new Ended(
      1,
      'engine_error',
      said.at(-1) ?? 'sd-cli ended as if it were done, and left the picture as it was.',
    )
  return new Ended(1, 'engine_error', said.at(-1) ?? `sd-cli ended by itself (${signal ?? `exit code ${code}`}).`)
}
