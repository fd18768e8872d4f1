import { and, asc, eq, isNull } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Picture } from '../projects/page.ts'
import { tasks } from '../projects/tables.ts'
import { rawUrl } from '../workspace/urls.ts'
import { artifactApi } from './artifact-view.ts'
import { shownAs } from './kinds.ts'
import { artifacts } from './tables.ts'

/** The pictures of a project, in the order in which they were finished. */
export async function picturesOf(read: Reader, project: string): Promise<Picture[]> {
  const rows = await read
    .select({ artifact: artifacts, title: tasks.title, prompt: tasks.prompt })
    .from(artifacts)
    .leftJoin(tasks, and(eq(tasks.id, artifacts.task), isNull(tasks.deletedAt)))
    .where(eq(artifacts.project, project))
    .orderBy(asc(artifacts.createdAt))
  return rows.map(({ artifact: { id, path, mediaType, poster, width, height, seed }, title, prompt }) => ({
    path,
    url: rawUrl(project, path),
    poster: poster ? `${artifactApi(id)}/poster` : null,
    isClip: shownAs(mediaType) === 'clip',
    width,
    height,
    seed,
    title: title ?? path,
    prompt: prompt ?? '',
  }))
}
