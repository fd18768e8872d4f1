import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../clock.ts'
import { sha256, writeDurably } from '../durable.ts'
import { encodePng } from '../png.ts'
import type { WorkerOutput, WorkerResult, WorkerSpec } from '../protocol.ts'
import { EXIT, PROTOCOL } from '../wire.ts'
import { type Begun, type Listening, workIn } from '../worker/begin.ts'
import type { Control } from '../worker/control.ts'
import { Ended, sayEnd } from '../worker/end.ts'
import type { Say } from '../worker/voice.ts'
import { SKETCH } from './about.ts'
import { type Batch, nextPicture, openBatch, stepsDone } from './batch.ts'
import { encodeCheckpoint } from './checkpoints.ts'
import { faultAt } from './faults.ts'
import { paintScene, paintStep } from './sketch.ts'
import { thumbnail } from './thumbnail.ts'

const HEARTBEAT_MS = 1_000
const CHECKPOINT_STEPS = 3
const KEPT_CHECKPOINTS = 2
const PREVIEW_EACH_UP_TO = 20 // steps: a longer run shows every second one
const TURN_MS = 12 // longest time between two looks at stdin
const DISK_FULL = ['ENOSPC', 'EDQUOT', 'EFBIG']

interface Work extends Begun {
  batch: Batch
  outputs: WorkerOutput[]
  resumedFrom: number
  /** When the last of each was written. */
  last: { preview: number; checkpoint: number }
}

class Stopped extends Error {
  override name = 'Stopped'
}

/** The child's side of the protocol: renders `<folder>/spec.json` and gives the exit code. Ends when stdin ends. */
export function runSketchWorker(folder: string, heard: Listening = {}): Promise<number> {
  return workIn(folder, heard, draw, (error, { say, control }) => explain(error, say, control))
}

async function draw(begun: Begun): Promise<void> {
  const { spec, say } = begun
  const heartbeat = setInterval(() => say({ type: 'heartbeat' }), HEARTBEAT_MS)
  try {
    say({ type: 'hello', pid: process.pid, engine: SKETCH.name, engineVersion: SKETCH.version, device: spec.device.id })
    if (spec.function === 'upscale') await (await import('./enlarge.ts')).enlarge(begun)
    else await render(startWork(begun))
  } finally {
    clearInterval(heartbeat)
  }
}

function startWork(begun: Begun): Work {
  const { folder, spec } = begun
  const batch = openBatch(folder, spec)
  const outputs = batch.made.map((digest, picture) => outputOf(folder, spec, digest, picture))
  const last = { preview: Number.NEGATIVE_INFINITY, checkpoint: Number.NEGATIVE_INFINITY }
  return { ...begun, batch, outputs, resumedFrom: stepsDone(batch), last }
}

async function render(work: Work): Promise<void> {
  work.say({ type: 'phase', phase: 'load' })
  while (work.outputs.length < work.batch.count) await renderPicture(work)
  finish(work)
}

async function renderPicture(work: Work): Promise<void> {
  const { spec, say, batch } = work
  const { sketch } = batch
  await patiently(work, paintScene(sketch), 'any')
  say({ type: 'phase', phase: 'denoise' })
  while (sketch.step < spec.params.steps) await nextStep(work)
  say({ type: 'phase', phase: 'decode' })
  const png = encodePng(spec.params.width, spec.params.height, sketch.sheet.pixels, provenance(work))
  await work.control.turn()
  if (work.control.stop() === 'cancel') throw new Stopped()
  say({ type: 'phase', phase: 'save' })
  keepPicture(work, png)
}

async function nextStep(work: Work): Promise<void> {
  const { spec, say, control, batch } = work
  const { sketch } = batch
  const { steps, count } = spec.params
  const started = performance.now()
  faultAt(spec, stepsDone(batch) + 1, say)
  await patiently(work, paintStep(sketch), 'cancel')
  await systemClock.sleep(Math.max(0, spec.stepMs - (performance.now() - started)), control.signal)
  say({ type: 'progress', step: stepsDone(batch), steps: steps * count })
  const last = sketch.step === steps
  const stopping = control.stop() !== null
  if (last || steps <= PREVIEW_EACH_UP_TO || sketch.step % 2 === 0) showPreview(work, last)
  if (!last && (stopping || sketch.step % CHECKPOINT_STEPS === 0)) keepCheckpoint(work, stopping)
  await control.turn()
  const stop = control.stop()
  if (stop === 'cancel' || (stop && stopping && !last)) throw new Stopped()
}

/** Runs a generator without going deaf: gives stdin and signals a turn every few ms. */
async function patiently({ control }: Work, work: Generator<void>, heeds: 'any' | 'cancel'): Promise<void> {
  let turned = performance.now()
  while (!work.next().done) {
    if (performance.now() - turned < TURN_MS) continue
    await control.turn()
    turned = performance.now()
    const stop = control.stop()
    if (stop === 'cancel' || (stop && heeds === 'any')) throw new Stopped()
  }
}

function showPreview(work: Work, must: boolean): void {
  const { folder, spec, say, batch, last } = work
  if (!must && performance.now() - last.preview < spec.previewMs) return
  last.preview = performance.now()
  const step = stepsDone(batch)
  const file = `previews/${numbered(step)}.png`
  const small = thumbnail(batch.sketch.sheet, spec.previewPixels)
  writeFileSync(join(folder, `${file}.part`), encodePng(small.width, small.height, small.pixels, {}, 4))
  renameSync(join(folder, `${file}.part`), join(folder, file))
  say({ type: 'preview', file, step })
}

function keepCheckpoint({ folder, spec, say, batch, last }: Work, must: boolean): void {
  if (!must && performance.now() - last.checkpoint < spec.checkpointMs) return
  last.checkpoint = performance.now()
  const step = stepsDone(batch)
  const file = `ckpt/${numbered(step)}.bin`
  writeDurably(join(folder, file), encodeCheckpoint(batch))
  say({ type: 'checkpoint', file, step })
  const old = readdirSync(join(folder, 'ckpt'))
    .filter((name) => name.endsWith('.bin'))
    .sort()
  for (const name of old.slice(0, -KEPT_CHECKPOINTS)) rmSync(join(folder, 'ckpt', name), { force: true })
}

/** A picture that is finished stays so, whatever becomes of the others: a checkpoint says that it is. */
function keepPicture(work: Work, png: Buffer): void {
  const { folder, spec, batch } = work
  const digest = sha256(png)
  writeDurably(join(folder, 'out', `${digest}.png`), png)
  work.outputs.push(outputOf(folder, spec, digest, batch.made.length, png.length))
  nextPicture(batch, spec, digest)
  if (batch.made.length < batch.count) keepCheckpoint(work, true)
}

function outputOf(folder: string, spec: WorkerSpec, digest: string, picture: number, bytes?: number): WorkerOutput {
  const file = `out/${digest}.png`
  const { width, height, seed } = spec.params
  return {
    file,
    sha256: digest,
    mediaType: 'image/png',
    width,
    height,
    seed: (seed + picture) % 2 ** 32,
    bytes: bytes ?? Bun.file(join(folder, file)).size,
  }
}

function finish({ folder, spec, say, batch: { sketch }, outputs, resumedFrom }: Work): void {
  const { job, attempt, params: asked, tier, device } = spec
  const params = {
    ...facts(spec, asked.seed),
    scene: sketch.scene,
    mood: sketch.mood,
    tier,
    device: device.id,
    resumedFrom,
  }
  const engine = { engine: SKETCH.name, engineVersion: SKETCH.version }
  const result: WorkerResult = { v: PROTOCOL, job, attempt, ...engine, outputs, params, resumedFrom, peakBytes: null }
  writeDurably(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  say({ type: 'done', outputs })
}

/** What is kept in the picture itself. No attempt and no resume: the same spec gives the same bytes. */
function provenance({ spec, batch }: Work): Record<string, string> {
  return facts(spec, batch.sketch.spec.seed)
}

function facts({ params: { prompt, steps, guidance } }: WorkerSpec, seed: number): Record<string, string> {
  return {
    Software: `Hearth ${SKETCH.name} ${SKETCH.version}`,
    prompt,
    seed: String(seed),
    steps: String(steps),
    guidance: String(guidance),
    engine: SKETCH.name,
    version: SKETCH.version,
    model: SKETCH.name,
  }
}

function explain(error: unknown, say: Say, control: Control): number {
  if (error instanceof Ended) return sayEnd(error, say)
  if (error instanceof Stopped) return control.stop() === 'cancel' ? EXIT.cancelled : EXIT.preempted
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'OUT_OF_MEMORY') return EXIT.outOfMemory
  if (!code) throw error
  const full = DISK_FULL.includes(code)
  say({ type: 'failed', code: full ? 'disk_full' : 'disk_unwritable', message, retryable: false })
  return EXIT.disk
}

function numbered(step: number): string {
  return String(step).padStart(6, '0')
}
