import { and, eq } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { projectPath } from '../files/paths.ts'
import type { LearnedStore } from '../gpu/learned.ts'
import { lessonOf, settleAttempt } from '../gpu/render-attempts.ts'
import { refOf } from '../jobs/settle.ts'
import type { Job } from '../jobs/tables.ts'
import { isClip, posterPath } from '../projects/clip-paths.ts'
import { submitWork } from '../projects/proposals.ts'
import type { TasksDeps } from '../projects/tasks.ts'
import { FILE } from '../workspace/file-entity.ts'
import { type FilesDeps, fileAt, versionNow } from '../workspace/files.ts'
import { removeAttempts } from './attempts.ts'
import type { OnDevice } from './on-device.ts'
import type { Order } from './order.ts'
import type { KeptOutput } from './outputs.ts'
import { besideName, pictureName } from './result-names.ts'
import { type ResultsDeps, writeResult } from './results.ts'
import { type Artifact, artifacts } from './tables.ts'

export interface KeepDeps extends TasksDeps, FilesDeps, ResultsDeps {
  learned: LearnedStore
  /** The folder of all attempts. */
  attempts: string
}

/** All that a job has made, ready to be kept. */
export interface Made extends OnDevice {
  job: Job
  order: Order
  outputs: (KeptOutput & { id: string })[]
}

/** Keeps what a job has made, as artifacts and as files of its project: one change, or a proposal of one. */
export async function keepMade(deps: KeepDeps, tx: Tx, made: Made): Promise<void> {
  const { job, order, outputs } = made
  const ref = refOf(job)
  const edits: Edit[] = []
  for (const output of outputs) {
    const path = await pathFor(tx, order, output)
    await tx.insert(artifacts).values(artifactOf(deps, made, output, path))
    const { id, width, height, seed, n, mediaType } = output
    const data = { artifact: id, path, width, height, seed, n, mediaType }
    await deps.events.append(tx, {
      type: 'render.finished',
      scope: order.project.id,
      job: ref,
      by: `job:${job.id}`,
      data,
    })
    const state = { hash: output.hash, bytes: output.bytes }
    const baseVersion = await versionNow(tx, order.project.id, path)
    if (edits.every((edit) => edit.id !== path)) edits.push({ do: 'put', entity: FILE, id: path, baseVersion, state })
    if (n === 1) edits.push(...(await posterEdits(tx, order, output)))
  }
  await submit(deps, tx, made, edits)
  await learnFrom(deps, tx, made)
}

/** What remains to be done once it is kept: its results go into their folder, what its attempts have left goes. The next start mends what a crash prevents. */
export async function putAway(deps: KeepDeps, job: string, outputs: { id: string }[]): Promise<void> {
  await Promise.all([removeAttempts(deps, job), ...outputs.map(({ id }) => writeResult(deps, id))])
}

/** How the attempt went, and what the next one may know of it. */
async function learnFrom(deps: KeepDeps, tx: Tx, made: Made) {
  const { job, plan, device, stages, start, peakBytes, rendered, resumedOn } = made
  const { resumedFrom } = rendered
  const ended = { job: job.id, attempt: job.attempt, outcome: 'succeeded', at: deps.now() }
  await settleAttempt(tx, { ...ended, peakBytes, times: stages.spent(), resumedFrom, resumedOn })
  if (resumedFrom === 0) await deps.learned.learn(tx, lessonOf(plan, device.name, { start, peakBytes, stages }))
}

type Edit = { do: 'put'; entity: string; id: string; baseVersion: number; state: { hash: string; bytes: number } }

/** What somebody has asked for themselves needs nobody's yes. */
async function submit(deps: KeepDeps, tx: Tx, { job, order }: Made, edits: Edit[]): Promise<void> {
  const about = { job: refOf(job), reason: `Rendered ${edits[0]!.id}` }
  if (order.task) {
    const destroys = edits.some(({ baseVersion }) => baseVersion > 0)
    return submitWork(deps, tx, { ...about, project: order.project.id, task: order.task.id, edits, destroys })
  }
  await deps.changes.apply(tx, { ...about, scope: order.project.id, by: `job:${job.id}`, edits })
}

/** The file that it becomes: a task's own, those of the same batch beside it, and else one that is named by its words. */
async function pathFor(tx: Tx, { project, task, request }: Order, { n, hash, mediaType }: KeptOutput): Promise<string> {
  if (!task) return projectPath(pictureName(request.prompt, hash, mediaType))
  if (n === 1) return projectPath(task.path!)
  const beside = projectPath(besideName(task.path!, n))
  const free = (await versionNow(tx, project.id, beside)) === 0 || (await isOwn(tx, project.id, task.id, beside))
  return free ? beside : projectPath(besideName(task.path!, n, `-${hash.slice(0, 8)}`))
}

/** The poster of a planned clip lies beside it, where pages look for it; what a person has put there stays. */
async function posterEdits(tx: Tx, { project, task }: Order, { poster }: KeptOutput): Promise<Edit[]> {
  if (!task || !poster || !isClip(task.path)) return []
  const id = projectPath(posterPath(task.path!))
  const baseVersion = await versionNow(tx, project.id, id)
  if (baseVersion > 0 && !(await isOwnPoster(tx, project.id, task.id, id))) return []
  return [{ do: 'put', entity: FILE, id, baseVersion, state: { hash: poster.hash, bytes: poster.bytes } }]
}

async function isOwnPoster(read: Reader, project: string, task: string, path: string): Promise<boolean> {
  const { hash } = await fileAt(read, project, path)
  const [own] = await read
    .select({ id: artifacts.id })
    .from(artifacts)
    .where(and(eq(artifacts.project, project), eq(artifacts.task, task), eq(artifacts.poster, hash)))
    .limit(1)
  return own !== undefined
}

/** Whether a file came from an earlier batch of the same task. */
async function isOwn(read: Reader, project: string, task: string, path: string): Promise<boolean> {
  const [own] = await read
    .select({ id: artifacts.id })
    .from(artifacts)
    .where(and(eq(artifacts.project, project), eq(artifacts.task, task), eq(artifacts.path, path)))
    .limit(1)
  return own !== undefined
}

function artifactOf(
  deps: KeepDeps,
  made: Made,
  output: Made['outputs'][number],
  path: string,
): typeof artifacts.$inferInsert {
  const { job, order, rendered, plan, spec, device, renderMs, resumedOn } = made
  const { engine, engineVersion, params, resumedFrom } = rendered
  return {
    ...output,
    poster: output.poster?.hash ?? null,
    project: order.project.id,
    task: order.task?.id ?? null,
    job: job.id,
    attempt: job.attempt,
    function: spec.function ?? 'image',
    path,
    engine,
    engineVersion,
    model: spec.model?.id ?? null,
    modelHash: spec.model?.sha256 ?? null,
    tier: plan.tier,
    device: device.name,
    prompt: plan.params.prompt,
    negative: plan.params.negative,
    params,
    lowered: plan.lowered,
    reason: plan.reason,
    resumedFrom,
    resumedOn,
    renderMs,
    parent: order.parent?.id ?? null,
    createdAt: deps.now(),
  } satisfies Partial<Artifact>
}
