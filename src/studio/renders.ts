import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { enqueue } from '../jobs/enqueue.ts'
import type { Job } from '../jobs/tables.ts'
import { titleFromBrief } from '../projects/brief.ts'
import { insertProject, type ProjectsDeps, projectById } from '../projects/projects.ts'
import type { Project } from '../projects/tables.ts'
import { artifactById, artifactWith } from './artifacts.ts'
import type { RenderInput } from './order.ts'
import type { Recipe } from './recipe.ts'
import type { NewRender } from './request.ts'
import type { Artifact } from './tables.ts'
import { type InputSort, resolveInput } from './uploads/inputs.ts'
import { asUpscale, isUpscale } from './upscales.ts'

/** Seeds that are chosen for a person are below this, as those of projects are. */
const SEEDS = 2 ** 31
/** Of a prompt, what the log and the lists of jobs say. */
const TITLE_CHARACTERS = 60

export interface RendersDeps extends ProjectsDeps {
  blobs: Blobs
  random: () => number
  /** The tier of a project that is started for pictures alone. */
  tierNamed(name: string | undefined): string
}

const WANTED: Record<string, readonly InputSort[]> = { init: ['picture', 'clip'] }

/** Starts a render that somebody asks for. @throws NotFound `unknown_project`, `unknown_file`, `unknown_artifact`; Invalid `input_unusable` */
export async function startRender(deps: RendersDeps, id: string, asked: NewRender, by: string): Promise<Job> {
  const { read } = deps.db
  const project = await projectById(read, id)
  const wanted = isUpscale(asked) ? await asUpscale(deps, project.id, asked) : asked
  for (const [role, path] of Object.entries(wanted.inputs))
    await resolveInput({ ...deps, read }, project.id, path!, WANTED[role] ?? ['picture'])
  if (wanted.parent) await artifactById(read, wanted.parent)
  const seed = wanted.request.seed ?? Math.floor(deps.random() * SEEDS)
  const request = { ...wanted.request, seed }
  return deps.db.write((tx) => enqueueRender(deps, tx, { project: project.id, ...wanted, request }, by))
}

/** Starts a project that holds pictures alone: nothing is planned for it. */
export async function startAlbum(deps: RendersDeps, title: string, by: string): Promise<Project> {
  return deps.db.write((tx) =>
    insertProject(deps, tx, {
      brief: titleFromBrief(title),
      model: 'auto',
      tier: deps.tierNamed(undefined),
      autorun: false,
      status: 'done',
      by,
    }),
  )
}

/** What is to be made again, and what is known of it. */
export interface Repetition {
  recipe: Recipe
  /** Of the file that the recipe was read from. */
  sha256?: string | undefined
  project?: string | undefined
  anyway: boolean
}

/** Makes a picture again that Hearth has made: in the project that it is in, one that is named, or a new one. */
export async function startAgain(
  deps: RendersDeps,
  { recipe, sha256, project: named, anyway }: Repetition,
  by: string,
): Promise<{ project: Project; job: Job; original: Artifact | null }> {
  const { read } = deps.db
  const original = sha256 ? await artifactWith(read, sha256) : null
  const place = named ?? original?.project
  const project = place ? await projectById(read, place) : await startAlbum(deps, recipe.params.prompt, by)
  const input = { project: project.id, recipe, anyway, again: original?.id ?? null }
  const job = await deps.db.write((tx) => enqueueRender(deps, tx, input, by))
  return { project, job, original }
}

/** Makes an artifact again. @throws NotFound `unknown_artifact`; DomainError `no_recipe` */
export async function repeatArtifact(
  deps: RendersDeps,
  id: string,
  { anyway }: { anyway: boolean },
  by: string,
): Promise<Job> {
  const { project, recipe, id: again } = await artifactById(deps.db.read, id)
  if (!recipe)
    throw new DomainError(
      'no_recipe',
      'This picture was made before Hearth kept all that a picture depends on. Use its parameters for a new one.',
    )
  return deps.db.write((tx) => enqueueRender(deps, tx, { project, recipe, anyway, again }, by))
}

function enqueueRender(
  deps: RendersDeps,
  tx: Parameters<typeof enqueue>[1],
  input: Exclude<RenderInput, { task: string }>,
  by: string,
): Promise<Job> {
  const prompt = 'recipe' in input ? input.recipe.params.prompt : input.request.prompt
  const about = { title: titleOf(prompt) }
  const affinity = 'recipe' in input ? (input.recipe.model?.id ?? input.recipe.engine) : input.request.model
  return enqueue(deps, tx, { kind: 'render', input, scope: input.project, by, about, affinity })
}

/** The first words of a prompt, as a name for what it makes. */
export function titleOf(prompt: string): string {
  const line = prompt.replace(/\s+/g, ' ').trim()
  return line.length > TITLE_CHARACTERS
    ? `${line
        .slice(0, TITLE_CHARACTERS - 1)
        .trimEnd()
        .toWellFormed()}…`
    : line
}
