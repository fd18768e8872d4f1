import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Invalid, NotFound } from '../errors.ts'
import { sha256 } from '../gpu/durable.ts'
import { readShort } from '../gpu/plain.ts'
import { recipeIn } from '../studio/metadata/embed.ts'
import type { Recipe } from '../studio/recipe.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { untilStopped, withServer } from './own-server.ts'
import { openProgress } from './progress.ts'
import { ask, askFor, type Door } from './reach.ts'
import { HOW, type RenderOrder, understood } from './render-order.ts'
import { watchJob } from './watch.ts'

/** Recipes are put into nothing longer. */
const MOST_BYTES = 1024 ** 3

interface Made {
  id: string
  path: string
  sha256: string
  url: string
}

/** `hearth render "PROMPT"`: a picture or clip from the terminal. `hearth render upscale FILE`: a larger one. `hearth render again FILE`: the same one once more, by what it says of itself. */
export async function run(args: string[], io: Cli): Promise<number> {
  const order = understood(args)
  if (!order) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    const first = 'again' in order ? readFirst(order.again) : null
    return withServer(io, async (find) => {
      const { project, job } = first ? await startAgain(find(), order, first) : await start(find(), order)
      if (!(await watch(find, job, order, io))) return 130
      return finish(find(), { project, job, first }, order, io)
    })
  })
}

/** A picture that is to be made again. */
interface First {
  recipe: Recipe
  /** Of the picture itself. */
  sha256: string
}

function readFirst(file: string): First {
  if (!existsSync(file)) throw new NotFound('file', file)
  const bytes = readShort(file, MOST_BYTES) ?? Buffer.alloc(0)
  const recipe = recipeIn(bytes)
  const beside = recipe && bytes[0] === 0x7b ? (JSON.parse(bytes.toString()) as { file?: { sha256?: string } }) : null
  if (recipe) return { recipe, sha256: beside?.file?.sha256 ?? sha256(bytes) }
  throw new Invalid(
    'recipe_missing',
    `${basename(file)} does not say how it was made: it is none of Hearth’s, or was saved anew by another program. The .json beside a result serves as well.`,
  )
}

async function start(door: Door, order: RenderOrder): Promise<{ project: string; job: string }> {
  if ('again' in order) throw new Error('not one to be made again')
  const { request, init } = order
  if (request.function === 'upscale' && init && !existsSync(init)) return startUpscale(door, request, init)
  if (!init && !order.project) {
    const { project, job } = (await post(door, '/api/renders', { request })) as { project: string; job: { id: string } }
    return { project, job: job.id }
  }
  const title = String(request.prompt ?? basename(init ?? ''))
  const project = order.project ?? ((await post(door, '/api/renders', { title })) as { project: string }).project
  const inputs = init ? { init: await upload(door, project, init) } : {}
  const { job } = (await post(door, `/api/projects/${encodeURIComponent(project)}/renders`, { request, inputs })) as {
    job: { id: string }
  }
  return { project, job: job.id }
}

/** Of an artifact, by its name: in its own project. */
async function startUpscale(door: Door, request: object, parent: string) {
  const { project, job } = (await post(door, '/api/renders', { request, parent })) as {
    project: string
    job: { id: string }
  }
  return { project, job: job.id }
}

async function upload(door: Door, project: string, file: string): Promise<string> {
  if (!existsSync(file)) throw new NotFound('file', file)
  const query = new URLSearchParams({ name: basename(file) })
  const response = await askFor(door, `/api/projects/${encodeURIComponent(project)}/uploads?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: Bun.file(file),
  })
  const { files } = (await response.json()) as { files: { path: string }[] }
  return files[0]!.path
}

async function startAgain(door: Door, order: RenderOrder, { recipe, sha256 }: First) {
  const anyway = 'again' in order && order.anyway
  const body = { recipe, sha256, anyway, ...(order.project ? { project: order.project } : {}) }
  const { project, job } = (await post(door, '/api/repetitions', body)) as { project: string; job: { id: string } }
  return { project, job: job.id }
}

/** False when somebody stopped watching. */
async function watch(find: () => Door, job: string, { json }: RenderOrder, io: Cli): Promise<boolean> {
  using progress = json
    ? { line: io.out, [Symbol.dispose]: () => {} }
    : openProgress(io, process.stdout.isTTY ? process.stdout : undefined)
  const lost = () => io.err('The server is away. Waiting for it; Ctrl-C stops watching.')
  const stopped = await untilStopped((signal) => watchJob({ find, tell: progress.line, lost, signal }, job))
  if (stopped) io.err(`Stopped watching. A running server goes on with it: hearth job ${job}`)
  return !stopped
}

interface Ended {
  project: string
  job: string
  first: First | null
}

async function finish(
  door: Door,
  { project, job, first }: Ended,
  { out, json }: RenderOrder,
  io: Cli,
): Promise<number> {
  const { items } = (await ask(door, `/api/artifacts?job=${job}`)) as { items: Made[] }
  if (items.length === 0) return 1
  const same = first && items.find((item) => item.sha256 === first.sha256)
  const wanted = same ? [same] : items.toReversed()
  for (const item of wanted) {
    const place = out ? await save(door, item, out) : `/artifacts/${item.id}`
    if (!json) io.out(`${item.path}  ${item.sha256.slice(0, 16)}…  ${place}`)
  }
  if (!json && !out) io.out(`Look at it with: hearth serve, then /projects/${project}/gallery`)
  if (!first) return 0
  const what = first.recipe.function === 'video' ? 'clip' : 'picture'
  if (!json) io.out(same ? `It is the same ${what}, byte for byte.` : `It is not the same ${what}.`)
  return same ? 0 : 1
}

async function save(door: Door, { url, path }: Made, out: string): Promise<string> {
  const place = resolve(join(out, basename(path)))
  const response = await askFor(door, url)
  mkdirSync(out, { recursive: true })
  writeFileSync(place, new Uint8Array(await response.arrayBuffer()))
  return place
}

function post(door: Door, path: string, body: object): Promise<unknown> {
  return ask(door, path, { method: 'POST', body: JSON.stringify(body) })
}
