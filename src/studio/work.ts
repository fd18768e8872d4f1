import { basename } from 'node:path'
import { systemClock } from '../clock.ts'
import { afterCommit } from '../db/writer.ts'
import { DomainError } from '../errors.ts'
import type { BlobRef, Blobs } from '../files/blobs.ts'
import { projectPath } from '../files/paths.ts'
import type { Device } from '../gpu/devices.ts'
import type { DevicePool } from '../gpu/leases.ts'
import { type RenderDeps, type Rendered, render } from '../gpu/render.ts'
import { SKETCH } from '../gpu/sketch/about.ts'
import { parseTier } from '../gpu/tiers.ts'
import type { Breakers } from '../jobs/breaker.ts'
import { type Done, goesOnLater, type Handler, type JobContext } from '../jobs/handler.ts'
import { refOf } from '../jobs/settle.ts'
import { projectById, refreshStatus } from '../projects/projects.ts'
import { submitWork } from '../projects/proposals.ts'
import type { Project, Task } from '../projects/tables.ts'
import { type TasksDeps, taskById } from '../projects/tasks.ts'
import { FILE } from '../workspace/file-entity.ts'
import { type FilesDeps, versionNow } from '../workspace/files.ts'
import { removeAttempts } from './attempts.ts'
import { artifacts } from './tables.ts'

export interface StudioDeps extends TasksDeps, FilesDeps {
  blobs: Blobs
  devices: DevicePool
  breakers: Breakers
  render: RenderDeps
  /** What one step takes at least, ms. */
  stepMs: number
}

/** Of the few seconds that a stop of the server takes: for a step to end and its checkpoint to be written. */
const LAST_STEP_MS = 500

type Ctx = JobContext<{ task: string }>

/** The job that renders one picture, in a child process on a leased device. */
export function renderHandler(deps: StudioDeps): Handler<{ task: string }> {
  return {
    kind: 'render',
    lane: 'render',
    run: (ctx) => renderTask(deps, ctx),
    moved: (tx, job) => refreshStatus(deps, tx, job.scope!),
  }
}

async function renderTask(deps: StudioDeps, ctx: Ctx): Promise<Done> {
  const task = await taskById(deps.db.read, ctx.input.task)
  const project = await projectById(deps.db.read, task.project)
  const { rendered, device } = await renderOnDevice(deps, ctx, project, task)
  await ctx.phase('keeping')
  const [picture] = rendered.outputs
  const { width, height, seed, bytes, sha256 } = picture!
  const blob = await deps.blobs.putFile(picture!.path)
  return {
    result: { path: task.path, width, height, seed, bytes, sha256, engine: SKETCH.name, device: device.id },
    effects: (tx) => keepPicture(deps, tx, { ctx, task, rendered, blob, device }),
  }
}

async function renderOnDevice(
  deps: StudioDeps,
  ctx: Ctx,
  project: Project,
  task: Task,
): Promise<{ rendered: Rendered; device: Device }> {
  await ctx.phase('waiting for a device')
  const works = ({ id }: Device) => !deps.breakers.isOpen(breakerOf(id))
  await using lease = await deps.devices.acquire(ctx.signal, { fit: works, job: ctx.job.id })
  await ctx.using({ engine: SKETCH.name, device: lease.device.id })
  const { steps, guidance, name: tier } = parseTier(project.tier)
  const { id: job, attempt } = ctx.job
  const { id, name, kind } = lease.device
  const spec = {
    engine: SKETCH.name,
    job,
    attempt,
    freshAfter: ctx.job.freshAfter,
    params: {
      prompt: task.prompt ?? task.title,
      width: task.width!,
      height: task.height!,
      seed: (project.seed + task.position) % 2 ** 31,
      steps,
      guidance,
    },
    tier,
    device: { id, name, kind },
    stepMs: deps.stepMs,
  }
  const { pause, cancel } = endings(ctx.signal)
  const hooks = {
    // The picture goes on without it: a lost lease ends the attempt by its signal, a full disk at its settlement.
    onPhase: (phase: string) =>
      void ctx.phase(phase).catch((error) => deps.render.log.warn('a phase was not told', { job, phase, error })),
    onProgress: ({ step, steps, etaMs }: { step: number; steps: number; etaMs: number | null }) =>
      ctx.progress({ step, steps, etaMs: etaMs ?? undefined }),
    onPreview: (path: string) => ctx.preview(`/jobs/${job}/previews/${attempt}/${basename(path)}`),
    pause: pause.signal,
  }
  return {
    rendered: await renderGuarded(deps, lease.device, () => render(deps.render, spec, hooks, cancel.signal)),
    device: lease.device,
  }
}

/** How the signal of an attempt ends its renderer: with a checkpoint when the job goes on later, else at once. */
function endings(signal: AbortSignal): { pause: AbortController; cancel: AbortController } {
  const [pause, cancel] = [new AbortController(), new AbortController()]
  const end = async () => {
    if (goesOnLater(signal)) pause.abort()
    if (signal.reason === 'job.paused') return
    if (pause.signal.aborted) await systemClock.sleep(LAST_STEP_MS)
    cancel.abort(signal.reason)
  }
  if (signal.aborted) void end()
  else signal.addEventListener('abort', end, { once: true })
  return { pause, cancel }
}

/** A device on which the engine fails again and again is left alone for a while; a failure may be the picture's fault, so it counts. */
async function renderGuarded<T>({ breakers }: StudioDeps, { id, name }: Device, work: () => Promise<T>): Promise<T> {
  const label = `The renderer on ${name}`
  const passage = breakers.enter({ key: breakerOf(id), label, suspectsJob: true })
  try {
    const rendered = await work()
    passage.succeeded()
    return rendered
  } catch (error) {
    throw error instanceof DomainError && error.code.startsWith('gpu_worker_') ? passage.failed(error) : error
  } finally {
    passage.left()
  }
}

function breakerOf(device: string): string {
  return `device:${device}/${SKETCH.name}`
}

interface Kept {
  ctx: Ctx
  task: Task
  rendered: Rendered
  blob: BlobRef
  device: Device
}

async function keepPicture(
  deps: StudioDeps,
  tx: Parameters<NonNullable<Done['effects']>>[0],
  { ctx, task, rendered, blob, device }: Kept,
): Promise<void> {
  const job = refOf(ctx.job)
  const id = deps.newId()
  const path = projectPath(task.path!)
  const { width, height, seed } = rendered.outputs[0]!
  const baseVersion = await versionNow(tx, task.project, path)
  await tx.insert(artifacts).values({
    id,
    project: task.project,
    task: task.id,
    job: job.id,
    path,
    ...blob,
    width,
    height,
    seed,
    engine: SKETCH.name,
    device: device.name,
    params: rendered.params,
    createdAt: deps.now(),
  })
  await deps.events.append(tx, {
    type: 'render.finished',
    scope: task.project,
    job,
    by: `job:${job.id}`,
    data: { artifact: id, path, width, height, seed },
  })
  const edit = { do: 'put', entity: FILE, id: path, baseVersion, state: blob } as const
  const about = { project: task.project, task: task.id, job, reason: `Rendered ${path}` }
  await submitWork(deps, tx, { ...about, edits: [edit], destroys: baseVersion > 0 })
  afterCommit(tx, () => void removeAttempts(deps.render, job.id))
}
