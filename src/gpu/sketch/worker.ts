import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../clock.ts'
import { readSpec, sha256, writeDurably } from '../folder.ts'
import { encodePng } from '../png.ts'
import { EXIT, PROTOCOL, type WorkerResult, type WorkerSpec } from '../protocol.ts'
import { SKETCH } from './about.ts'
import { encodeCheckpoint, readCheckpoint, resumeSketch } from './checkpoints.ts'
import { faultAt } from './faults.ts'
import { createSketch, paintScene, paintStep, type Sketch } from './sketch.ts'
import { thumbnail } from './thumbnail.ts'
import { type Control, listenForControl } from './worker-control.ts'
import { createVoice, type Say } from './worker-voice.ts'

const HEARTBEAT_MS = 1_000
const CHECKPOINT_STEPS = 3
const KEPT_CHECKPOINTS = 2
const PREVIEW_EACH_UP_TO = 20 // steps: a longer run shows every second one
const TURN_MS = 12 // longest time between two looks at stdin
const DISK_FULL = ['ENOSPC', 'EDQUOT', 'EFBIG']

interface Work {
  folder: string
  spec: WorkerSpec
  say: Say
  control: Control
  sketch: Sketch
  resumedFrom: number
}

class Stopped extends Error {
  override name = 'Stopped'
}

/** The child's side of the protocol: renders `<folder>/spec.json` and gives the exit code. Ends when stdin ends. */
export async function runSketchWorker(
  folder: string,
  { stdin = Bun.stdin.stream() as AsyncIterable<Uint8Array> } = {},
): Promise<number> {
  const control = listenForControl(stdin)
  const spec = readSpec(folder)
  if (!spec) {
    process.stderr.write(`${join(folder, 'spec.json')} is missing or is not a spec\n`)
    return EXIT.badSpec
  }
  const say = createVoice(folder, spec)
  const heartbeat = setInterval(() => say({ type: 'heartbeat' }), HEARTBEAT_MS)
  try {
    say({ type: 'hello', pid: process.pid, engine: SKETCH.name, engineVersion: SKETCH.version, device: spec.device.id })
    await render(startWork(folder, spec, say, control))
    return EXIT.done
  } catch (error) {
    return explain(error, say, control)
  } finally {
    clearInterval(heartbeat)
  }
}

function startWork(folder: string, spec: WorkerSpec, say: Say, control: Control): Work {
  const { prompt, seed, width, height, steps } = spec.params
  const sketch = createSketch(prompt, seed, width, height, steps)
  const checkpoint = spec.resumeFrom ? readCheckpoint(spec.resumeFrom, sketch.spec) : null
  if (checkpoint) resumeSketch(sketch, checkpoint)
  else if (spec.resumeFrom) process.stderr.write(`${spec.resumeFrom} can't be resumed: starting over\n`)
  return { folder, spec, say, control, sketch, resumedFrom: sketch.step }
}

async function render(work: Work): Promise<void> {
  const { spec, say, sketch } = work
  for (const name of ['ckpt', 'previews', 'out']) mkdirSync(join(work.folder, name), { recursive: true })
  say({ type: 'phase', phase: 'load' })
  await patiently(work, paintScene(sketch), 'any')
  say({ type: 'phase', phase: 'denoise' })
  while (sketch.step < spec.params.steps) await nextStep(work)
  say({ type: 'phase', phase: 'decode' })
  const png = encodePng(spec.params.width, spec.params.height, sketch.sheet.pixels, provenance(spec))
  await work.control.turn()
  if (work.control.stop() === 'cancel') throw new Stopped()
  say({ type: 'phase', phase: 'save' })
  save(work, png)
}

async function nextStep(work: Work): Promise<void> {
  const { spec, say, control, sketch } = work
  const { steps } = spec.params
  const started = performance.now()
  faultAt(spec, sketch.step + 1, say)
  await patiently(work, paintStep(sketch), 'cancel')
  await systemClock.sleep(Math.max(0, spec.stepMs - (performance.now() - started)), control.signal)
  say({ type: 'progress', step: sketch.step, steps })
  const last = sketch.step === steps
  const stopping = control.stop() !== null
  if (last || steps <= PREVIEW_EACH_UP_TO || sketch.step % 2 === 0) writePreview(work)
  if (!last && (stopping || sketch.step % CHECKPOINT_STEPS === 0)) writeCheckpoint(work)
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

function writePreview({ folder, say, sketch }: Work): void {
  const file = `previews/${numbered(sketch.step)}.png`
  const small = thumbnail(sketch.sheet)
  writeFileSync(join(folder, `${file}.part`), encodePng(small.width, small.height, small.pixels, {}, 4))
  renameSync(join(folder, `${file}.part`), join(folder, file))
  say({ type: 'preview', file, step: sketch.step })
}

function writeCheckpoint({ folder, say, sketch }: Work): void {
  const file = `ckpt/${numbered(sketch.step)}.bin`
  writeDurably(join(folder, file), encodeCheckpoint(sketch))
  say({ type: 'checkpoint', file, step: sketch.step })
  const old = readdirSync(join(folder, 'ckpt'))
    .filter((name) => name.endsWith('.bin'))
    .sort()
  for (const name of old.slice(0, -KEPT_CHECKPOINTS)) rmSync(join(folder, 'ckpt', name), { force: true })
}

function save({ folder, spec, say, sketch, resumedFrom }: Work, png: Buffer): void {
  const digest = sha256(png)
  const file = `out/${digest}.png`
  const { job, attempt } = spec
  const { width, height, seed } = spec.params
  const output = { file, sha256: digest, mediaType: 'image/png', width, height, seed, bytes: png.length }
  writeDurably(join(folder, file), png)
  const params = {
    ...provenance(spec),
    scene: sketch.scene,
    mood: sketch.mood,
    tier: spec.tier,
    device: spec.device.id,
    resumedFrom,
  }
  const engine = { engine: SKETCH.name, engineVersion: SKETCH.version }
  const result: WorkerResult = {
    v: PROTOCOL,
    job,
    attempt,
    ...engine,
    outputs: [output],
    params,
    resumedFrom,
    peakBytes: null,
  }
  writeDurably(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  say({ type: 'done', outputs: [output] })
}

/** What is kept in the picture itself. No attempt and no resume: the same spec gives the same bytes. */
function provenance({ params: { prompt, seed, steps, guidance } }: WorkerSpec): Record<string, string> {
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
