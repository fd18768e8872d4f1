import { Invalid, NotFound } from '../errors.ts'
import { OPENED } from '../gpu/resample.ts'
import type { Job } from '../jobs/tables.ts'
import { artifactById, artifactWith } from './artifacts.ts'
import { shownAs } from './kinds.ts'
import { type RendersDeps, startRender } from './renders.ts'
import type { NewRender } from './request.ts'
import type { Artifact } from './tables.ts'
import { type Input, resolveInput } from './uploads/inputs.ts'

/** How a picture is to be made larger. What is left out is chosen. */
export type UpscaleWish = Pick<NewRender['request'], 'scale' | 'model' | 'engine' | 'tier'>

/** Makes an artifact larger, in its own project. @throws NotFound `unknown_artifact`; Invalid `input_unusable` */
export async function upscaleArtifact(deps: RendersDeps, id: string, wish: UpscaleWish, by: string): Promise<Job> {
  const { project } = await artifactById(deps.db.read, id)
  const request = { ...wish, prompt: '', function: 'upscale' }
  return startRender(deps, project, { request, inputs: {}, parent: id }, by)
}

export function isUpscale({ request }: Pick<NewRender, 'request'>): boolean {
  return request.function === 'upscale'
}

/**
 * What an upscale is asked for as, once it is known what it begins with: the file that is named, or the artifact that it is made from. It takes
 * over the words of that. @throws Invalid `invalid_input`, `input_unusable`; NotFound `unknown_artifact`, `unknown_file`
 */
export async function asUpscale(deps: RendersDeps, project: string, wanted: NewRender): Promise<NewRender> {
  const { init } = wanted.inputs
  const from = init ? await fileOf(deps, project, init) : await parentOf(deps, project, wanted.parent)
  mustBeOpened(from.path, from.mediaType)
  const parent = wanted.parent ?? from.parent?.id
  const prompt = wanted.request.prompt || from.parent?.prompt || nameOf(from.path)
  const request = { ...wanted.request, prompt, seed: wanted.request.seed ?? 0 }
  return { ...wanted, request, ...(parent ? { parent } : {}) }
}

interface From {
  path: string
  mediaType: string
  parent: Artifact | null
}

async function fileOf(deps: RendersDeps, project: string, path: string): Promise<From> {
  const { read } = deps.db
  const input: Input = await resolveInput({ ...deps, read }, project, path, ['picture'])
  return { path: input.path, mediaType: input.mediaType, parent: await artifactWith(read, input.hash) }
}

async function parentOf({ db: { read } }: RendersDeps, project: string, id: string | undefined): Promise<From> {
  if (!id)
    throw new Invalid(
      'invalid_input',
      'An upscale begins with a picture: name a file of the project as “init”, or an artifact as “parent”.',
      { context: { field: 'inputs.init' } },
    )
  const parent = await artifactById(read, id)
  if (parent.project !== project) throw new NotFound('artifact', id)
  return { path: parent.path, mediaType: parent.mediaType, parent }
}

function mustBeOpened(path: string, mediaType: string): void {
  if (OPENED.has(mediaType)) return
  const what =
    shownAs(mediaType) === 'picture' ? 'is a picture of a kind that can’t be made larger here' : 'is no picture'
  throw new Invalid('input_unusable', `“${path}” ${what}. Choose a PNG, JPEG, WebP or GIF.`, {
    context: { field: 'input', path, mediaType },
  })
}

function nameOf(path: string): string {
  return (
    path
      .split('/')
      .at(-1)!
      .replace(/\.\w+$/, '')
      .replace(/[-_]+/g, ' ')
      .trim() || path
  )
}
