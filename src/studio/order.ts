import { and, desc, eq } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { inspect } from '../files/media/inspect.ts'
import { KINDS } from '../files/media/kinds.ts'
import type { RenderRequest } from '../gpu/plan.ts'
import { isClip } from '../projects/clip-paths.ts'
import { projectById } from '../projects/projects.ts'
import type { Project, Task } from '../projects/tables.ts'
import { taskById } from '../projects/tasks.ts'
import { fileVersions } from '../workspace/tables.ts'
import { artifactById } from './artifacts.ts'
import type { Recipe } from './recipe.ts'
import type { NewRender } from './request.ts'
import type { Artifact } from './tables.ts'
import { resolveInput } from './uploads/inputs.ts'

/** The input of a render job: a task's picture, what somebody asked for, or a picture that is to be made again. */
export type RenderInput =
  | { task: string }
  | ({ project: string } & NewRender)
  | { project: string; recipe: Recipe; anyway: boolean; again: string | null }

/** A file that a render begins with, as it was when the job first looked. */
export interface InputFile {
  path: string
  hash: string
  mediaType: string
  /** Pixels; null where it doesn't say. */
  width?: number | null
  height?: number | null
}

/** What is to be made, wherever it was asked for. */
export interface Order {
  project: Project
  task: Task | null
  request: RenderRequest
  inputs: Record<string, InputFile>
  parent: Artifact | null
  /** What has to come out again. */
  recipe: Recipe | null
  anyway: boolean
}

export interface OrderDeps {
  read: Reader
  blobs: Blobs
}

/** Reads what a job is to make, with the files that it begins with as they are now. @throws NotFound; DomainError `input_missing` */
export async function orderOf(deps: OrderDeps, input: RenderInput): Promise<Order> {
  const { read } = deps
  if ('task' in input) return taskOrder(read, input.task)
  const project = await projectById(read, input.project)
  if ('recipe' in input) return againOrder(deps, project, input)
  const { request, inputs, parent } = input
  const files: Record<string, InputFile> = {}
  const begins: Pick<RenderRequest, 'inputs' | 'shape'> = {}
  for (const [role, path] of Object.entries(inputs)) {
    const { path: name, hash, mediaType, width, height } = await resolveInput(deps, project.id, path!)
    files[role] = { path: name, hash, mediaType, width, height }
    begins.inputs = Object.keys(files)
    if (role === 'init' && width && height) begins.shape = width / height
  }
  const made = parent ? await artifactById(read, parent) : null
  if (made && request.function === 'upscale' && !files.init) {
    files.init = fileOf(made)
    begins.inputs = Object.keys(files)
  }
  return withGiven({
    project,
    task: null,
    request: { ...request, ...begins },
    inputs: files,
    parent: made,
    recipe: null,
    anyway: false,
  })
}

/** An upscale is worked out from the size of what it begins with. */
export function withGiven(order: Order): Order {
  const { init } = order.inputs
  if (order.request.function !== 'upscale' || !init?.width || !init.height) return order
  return { ...order, request: { ...order.request, given: { width: init.width, height: init.height } } }
}

/** An artifact as it was made, whatever has become of its file. */
function fileOf({ path, hash, mediaType, width, height }: Artifact): InputFile {
  return { path, hash, mediaType, width, height }
}

async function taskOrder(read: Reader, id: string): Promise<Order> {
  const task = await taskById(read, id)
  const project = await projectById(read, task.project)
  const request = {
    prompt: task.prompt ?? task.title,
    width: task.width!,
    height: task.height!,
    seed: (project.seed + task.position) % 2 ** 31,
    ...(isClip(task.path) ? { function: 'video' } : {}),
    mayLower: ['size' as const, 'frames' as const], // whoever planned the task did not know the model
  }
  return { project, task, request, inputs: {}, parent: null, recipe: null, anyway: false }
}

async function againOrder(
  { read, blobs }: OrderDeps,
  project: Project,
  { recipe, anyway, again }: { recipe: Recipe; anyway: boolean; again: string | null },
): Promise<Order> {
  const { params, function: what, engine, model, tier } = recipe
  const inputs: Record<string, InputFile> = {}
  for (const [role, hash] of Object.entries(recipe.inputs)) {
    const path = await pathOf(read, project.id, role, hash)
    const { kind } = await inspect(await blobs.open(hash))
    inputs[role] = { path, hash, mediaType: KINDS[kind].media }
  }
  const names = Object.keys(inputs)
  return {
    project,
    task: null,
    request: {
      ...params,
      sampler: params.sampler ?? null,
      function: what,
      engine,
      tier,
      ...(model ? { model: model.id } : {}),
      ...(names.length > 0 ? { inputs: names } : {}),
    },
    inputs,
    parent: again ? await artifactById(read, again) : null,
    recipe,
    anyway,
  }
}

/** The version of a file of the project that holds these very bytes. */
async function pathOf(read: Reader, project: string, role: string, hash: string): Promise<string> {
  const [found] = await read
    .select({ path: fileVersions.path })
    .from(fileVersions)
    .where(and(eq(fileVersions.project, project), eq(fileVersions.hash, hash)))
    .orderBy(desc(fileVersions.at))
    .limit(1)
  if (found) return found.path
  throw new DomainError(
    'input_missing',
    `The picture was made from another one (${role}, ${hash.slice(0, 12)}…), which is not in this project. Add that file, then try again.`,
    { context: { role, sha256: hash } },
  )
}
