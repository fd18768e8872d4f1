import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { LiveJobs } from '../jobs/live.ts'
import { type Job, jobs } from '../jobs/tables.ts'
import { type JobView, jobView } from '../projects/job-view.ts'
import { projects, tasks } from '../projects/tables.ts'
import { plural } from '../web/format.ts'
import { fileUrl } from '../workspace/urls.ts'
import { artifactUrl, contentUrl } from './artifact-view.ts'
import { type ArtifactQuery, artifactById, artifactKinds, childrenOf, listArtifacts } from './artifacts.ts'
import { standingOf } from './bin.ts'
import { shownAs } from './kinds.ts'
import { knownOf, parametersText } from './known.ts'
import type { RenderInput } from './order.ts'
import { titleOf } from './renders.ts'
import { type Artifact, artifacts } from './tables.ts'

/** Pictures on one page, and renders on their way that are shown. */
export const PAGE = 48
const ON_THE_WAY = 8

/** A picture or clip as the gallery shows it. */
export interface Shot {
  id: string
  page: string
  url: string
  poster: string | null
  shown: 'picture' | 'clip' | 'other'
  width: number
  height: number
  title: string
  prompt: string
  /** Of its bytes: size, seed, model or engine. */
  facts: string
  lowered: number
  /** Its file in the project. */
  path: string
  project: { id: string; title: string }
}

/** A render that is not finished. */
export interface OnTheWay {
  id: string
  title: string
  state: Job['state']
  view: JobView
}

export interface GalleryQuery extends Omit<ArtifactQuery, 'limit'> {}

/** A page of the gallery: of one project, or of all. */
export async function galleryPage(deps: { read: Reader; live: LiveJobs; now: () => number }, query: GalleryQuery) {
  const { read } = deps
  const { items, nextCursor } = await listArtifacts(read, { ...query, limit: PAGE })
  return {
    shots: items.map((item) => shotOf(item, item.projectTitle)),
    nextCursor,
    kinds: await artifactKinds(read, query.project),
    chosen: { function: query.function ?? '', model: query.model ?? null },
    isFirst: query.cursor === undefined,
    rendering: await onTheWay(deps, query.project),
  }
}

/** The renders that run, then those that wait, the oldest first: as many as a page shows, and how many there are. */
export async function onTheWay(
  { read, live, now }: { read: Reader; live: LiveJobs; now: () => number },
  project?: string,
): Promise<{ items: OnTheWay[]; total: number }> {
  const rows = await read
    .select({ job: jobs, path: tasks.path, total: sql<number>`count(*) OVER ()` })
    .from(jobs)
    .innerJoin(projects, and(eq(projects.id, jobs.scope), isNull(projects.deletedAt)))
    .leftJoin(tasks, eq(tasks.job, jobs.id))
    .where(
      and(
        eq(jobs.kind, 'render'),
        inArray(jobs.state, ['queued', 'running', 'paused', 'held']),
        project ? eq(jobs.scope, project) : undefined,
      ),
    )
    .orderBy(sql`${jobs.state} = 'running' DESC`, jobs.createdAt)
    .limit(ON_THE_WAY)
  const items = rows.map(({ job, path }) => {
    const view = jobView(job, live, now())
    return { id: job.id, title: path ?? nameOf(job.input as RenderInput), state: job.state, view }
  })
  return { items, total: rows[0]?.total ?? 0 }
}

/** All that the page of one artifact shows. @throws NotFound `unknown_artifact` */
export async function artifactPage(read: Reader, id: string) {
  const artifact = await artifactById(read, id)
  const [project] = await read
    .select({ id: projects.id, title: projects.title })
    .from(projects)
    .where(eq(projects.id, artifact.project))
  const [parent] = artifact.parent ? await read.select().from(artifacts).where(eq(artifacts.id, artifact.parent)) : []
  return {
    artifact,
    shot: shotOf(artifact, project!.title),
    file: fileUrl(artifact.project, artifact.path),
    known: knownOf(artifact),
    parameters: parametersText(artifact),
    standing: await standingOf(read, artifact),
    parent: parent ? shotOf(parent, '') : null,
    children: (await childrenOf(read, id)).map((child) => shotOf(child, '')),
  }
}

/** An artifact as a gallery shows it. */
export function shotOf(artifact: Artifact, projectTitle: string): Shot {
  const { id, width, height, prompt, path, poster, project, lowered, mediaType } = artifact
  return {
    id,
    page: artifactUrl(id),
    url: contentUrl(id),
    poster: poster ? `/api/artifacts/${id}/poster` : null,
    shown: shownAs(mediaType),
    width,
    height,
    title: prompt ? titleOf(prompt) : path,
    prompt,
    facts: factsOf(artifact),
    lowered: lowered.length,
    path,
    project: { id: project, title: projectTitle },
  }
}

function factsOf({ width, height, frames, fps, seed, model, engine, recipe }: Artifact): string {
  const size = width > 0 ? [`${width} × ${height}`] : []
  const length = frames && fps ? [`${(frames / fps).toFixed(1)} s`] : []
  const from = recipe?.function === 'upscale' ? `${recipe.params.scale} times as large` : `seed ${seed}`
  return [...size, ...length, from, model ?? engine].join(' · ')
}

function nameOf(input: RenderInput): string {
  if ('task' in input) return 'a picture'
  const { prompt, count } = 'recipe' in input ? input.recipe.params : { count: 1, ...input.request }
  return `${titleOf(prompt)}${count && count > 1 ? ` (${plural(count, 'picture')})` : ''}`
}
