import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { systemClock } from '../../clock.ts'
import { writeDurably } from '../durable.ts'
import { type Phase, readLine, type WorkerOutput, type WorkerResult, type WorkerSpec } from '../protocol.ts'
import { EXIT, PROTOCOL } from '../wire.ts'
import { keepOutput, takeDone, writeDone } from '../worker/batch.ts'
import { type Begun, type Listening, workIn } from '../worker/begin.ts'
import { Ended, sayEnd } from '../worker/end.ts'
import { Away, type Client, filesOf, openClient, Refused, type Run, type Told } from './client.ts'
import { filled, type Workflow, workflowSchema } from './workflow.ts'

const NAME = 'comfyui'
const LOOK_MS = 1_000
/** How long its word that the prompt runs is believed while nothing comes of it: a large model may load for minutes. */
const SILENT_MS = 10 * 60_000
/** How long it may be away before the attempt is given up. */
const AWAY_MS = 30_000
/** Numbers for the previews of one picture: no name comes twice, since what has been shown is kept by browsers. */
const PREVIEWS_EACH = 1_000

/** What a node does, by the name of its class; the first that fits holds. */
const STAGES: [RegExp, Phase][] = [
  [/Load/, 'load'],
  [/Sampler(?!Select)/, 'denoise'],
  [/VAEDecode/, 'decode'],
  [/Encode/, 'encode'],
  [/^(Save|Preview)|Combine/, 'save'],
]

/** Of one prompt: a result lists no more. */
const MOST_FILES = 64

interface Work extends Begun {
  client: Client
  version: string
  workflow: Workflow
  /** What it calls the pictures that it was given. */
  pictures: Record<string, string>
  phase: Phase | null
  /** When the socket last brought something about the prompt. */
  heardAt: number
  /** Ends a wait for the next look at the queue. */
  wake(): void
}

/** The child's side of the protocol around a running ComfyUI: each picture of a batch is one prompt there, under a name of ours. */
export function runComfyWorker(url: string, folder: string, heard: Listening = {}): Promise<number> {
  return workIn(
    folder,
    heard,
    (begun) => renderIn(url, begun),
    (error, { say }) => sayEnd(asEnd(error), say),
  )
}

async function renderIn(url: string, begun: Begun): Promise<void> {
  const { spec, say } = begun
  const client = openClient(url)
  const version = await client.version()
  say({ type: 'hello', pid: process.pid, engine: NAME, engineVersion: spec.engineVersion, device: spec.device.id })
  const workflow = read(spec)
  await renderAll({
    ...begun,
    client,
    version,
    workflow,
    pictures: {},
    phase: null,
    heardAt: performance.now(),
    wake() {},
  })
}

function read({ model }: WorkerSpec): Workflow {
  if (!model) throw new Ended(EXIT.badSpec, 'bad_spec', 'ComfyUI needs a workflow.')
  const workflow = readLine(workflowSchema, readFileSync(model.path, 'utf8'))
  if (workflow) return workflow
  throw new Ended(
    EXIT.modelMissing,
    'model_unusable',
    `${model.path} is no workflow in the API format. Save it with “Export (API)”.`,
  )
}

async function renderAll(work: Work): Promise<void> {
  const { folder, spec, say, version } = work
  enter(work, 'fetch')
  await uploadAll(work)
  const outputs = takeDone(folder, spec.resumeFrom)
  const resumedFrom = new Set(outputs.map(({ seed }) => seed)).size
  for (let n = resumedFrom; n < spec.params.count; n++) {
    outputs.push(...(await renderOne(work, n)))
    say({ type: 'checkpoint', file: writeDone(folder, outputs), step: n + 1 })
  }
  const { job, attempt, engineVersion, tier, device, params } = spec
  const result: WorkerResult = {
    v: PROTOCOL,
    job,
    attempt,
    engine: NAME,
    engineVersion,
    outputs,
    params: { ...params, program: version, tier, device: device.id, workflow: spec.model!.id, resumedFrom },
    resumedFrom,
    peakBytes: null,
  }
  writeDurably(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  say({ type: 'done', outputs })
}

async function uploadAll({ folder, spec, client, pictures }: Work): Promise<void> {
  for (const [name, { path, sha256, mediaType }] of Object.entries(spec.inputs))
    pictures[name] = await client.upload(
      `hearth-${sha256}${extname(path)}`,
      readFileSync(join(folder, path)),
      mediaType,
    )
}

/** One prompt: handed in under a name of ours, followed to its end, its files fetched. */
async function renderOne(work: Work, n: number): Promise<WorkerOutput[]> {
  const { spec, client, workflow, pictures } = work
  const { prompt, negative, width, height, steps, guidance, strength, frames, fps, seed } = spec.params
  const values = {
    prompt,
    negative,
    width,
    height,
    steps,
    guidance,
    strength,
    frames,
    fps,
    seed: seed + n,
    ...pictures,
  }
  const id = `hearth-${spec.job}-${spec.attempt}-${n}`
  const over = new AbortController()
  try {
    await client.listen(id, id, over.signal, hearing(work, n))
    await client.submit(id, id, filled(workflow, values))
    const run = await followed(work, id)
    mustHaveSucceeded(run)
    return await fetchAll(work, run, n)
  } catch (error) {
    await client.cancel(id).catch(() => {}) // it is away, or has ended: nothing of ours is left either way
    throw error
  } finally {
    over.abort()
  }
}

/** Asks where the prompt is until it is over. ComfyUI's own word that it is there is the heartbeat. */
async function followed(work: Work, id: string): Promise<Run> {
  const { client, control, say } = work
  let awaySince: number | null = null
  for (;;) {
    if (control.stop() === 'cancel') throw new Ended(EXIT.cancelled, 'cancelled', 'cancelled')
    if (control.stop()) throw new Ended(EXIT.preempted, 'preempted', 'stopped before the picture was done')
    try {
      const run = await client.run(id)
      if (run) return run
      const { state } = await client.place(id)
      if (state === 'unknown' && !(await client.run(id)))
        throw new Ended(
          1,
          'engine_lost',
          'ComfyUI has forgotten the prompt: it was started anew, or somebody took it away.',
        )
      awaySince = null
      if (state === 'pending') work.heardAt = performance.now()
      if (performance.now() - work.heardAt < SILENT_MS) say({ type: 'heartbeat' })
    } catch (error) {
      if (!(error instanceof Away)) throw error
      awaySince ??= performance.now()
      if (performance.now() - awaySince > AWAY_MS) throw error
    }
    await Promise.race([systemClock.sleep(LOOK_MS, control.signal), ended(work)])
  }
}

/** Resolves when the socket says that the prompt is over. */
function ended(work: Work): Promise<void> {
  return new Promise((resolve) => {
    work.wake = resolve
  })
}

function mustHaveSucceeded({ status }: Run): void {
  if (!status || status.status_str === 'success') return
  const [, said = {}] = status.messages.findLast(([type]) => /^execution_(error|interrupted)$/.test(type)) ?? []
  const message = `${said.node_type ?? 'ComfyUI'}: ${said.exception_message ?? 'somebody interrupted it there.'}`
  if (/OutOfMemory|out of memory/i.test(`${said.exception_type} ${said.exception_message}`))
    throw new Ended(EXIT.outOfMemory, 'out_of_memory', message)
  if (/illegal memory access|device-side assert|uncorrectable ECC/i.test(message))
    throw new Ended(EXIT.deviceFatal, 'device_fatal', message)
  throw new Ended(1, 'engine_error', message)
}

async function fetchAll({ client, folder, spec }: Work, run: Run, n: number): Promise<WorkerOutput[]> {
  const files = filesOf(run).slice(0, MOST_FILES)
  if (files.length === 0)
    throw new Ended(EXIT.badOutput, 'bad_output', 'The workflow has saved no picture and no clip.')
  const outputs: WorkerOutput[] = []
  for (const file of files) {
    const extension = extname(file.filename).slice(1).toLowerCase()
    outputs.push(keepOutput(folder, await client.fetchFile(file), extension, spec, n))
  }
  return outputs
}

/** Turns what the socket says into lines of the protocol. */
function hearing(work: Work, n: number): (told: Told) => void {
  const { say, spec, workflow, folder } = work
  let [previewedAt, previews, step] = [0, 0, 0]
  return (told) => {
    work.heardAt = performance.now()
    if (told.type === 'ended') work.wake()
    else if (told.type === 'executing') enter(work, stageOf(workflow[told.node ?? '']?.class_type))
    else if (told.type === 'progress' && work.phase === 'denoise') {
      if (!Number.isSafeInteger(told.value) || !Number.isSafeInteger(told.max) || told.value < 0 || told.max < 0) return
      step = told.value
      say({ type: 'progress', step, steps: told.max })
    } else if (told.type === 'preview') {
      if (spec.previewMs === 0 || performance.now() - previewedAt < spec.previewMs) return
      previewedAt = performance.now()
      const file = `previews/${String(++previews + n * PREVIEWS_EACH).padStart(6, '0')}.${told.extension}`
      writeFileSync(join(folder, `${file}.part`), told.bytes)
      renameSync(join(folder, `${file}.part`), join(folder, file))
      say({ type: 'preview', file, step })
    }
  }
}

function stageOf(classType: string | undefined): Phase | null {
  return STAGES.find(([fits]) => classType && fits.test(classType))?.[1] ?? null
}

function enter(work: Work, phase: Phase | null): void {
  if (!phase || work.phase === phase) return
  work.phase = phase
  work.say({ type: 'phase', phase })
}

function asEnd(error: unknown): unknown {
  if (error instanceof Refused) return new Ended(EXIT.badSpec, 'bad_spec', error.message)
  return error instanceof Away ? new Ended(1, 'engine_away', error.message) : error
}
