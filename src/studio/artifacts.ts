import { and, desc, eq, isNull, lt, not, or, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { Invalid, NotFound } from '../errors.ts'
import { projects } from '../projects/tables.ts'
import { type Artifact, artifacts } from './tables.ts'

/** An artifact of a project that is not in the trash. @throws NotFound `unknown_artifact` */
export async function artifactById(read: Reader, id: string): Promise<Artifact> {
  const [found] = await read
    .select({ artifact: artifacts })
    .from(artifacts)
    .innerJoin(projects, eq(projects.id, artifacts.project))
    .where(and(eq(artifacts.id, id), isNull(projects.deletedAt)))
  if (!found) throw new NotFound('artifact', id)
  return found.artifact
}

export interface ArtifactQuery {
  /** Of one project; without it, of all that are not in the trash. */
  project?: string | undefined
  function?: string | undefined
  model?: string | undefined
  job?: string | undefined
  /** 1 to 200. */
  limit: number
  /** What the page before ended with. */
  cursor?: string | undefined
}

/** Their files were deleted, and they with them. */
const ARE_DELETED = sql`EXISTS (SELECT 1 FROM files AS f
  WHERE f.project_id = ${artifacts.project} AND f.path = ${artifacts.path} AND f.deleted = 1)`

/** A page of artifacts, the newest first, and the cursor of the next; null at the end. @throws Invalid `bad_cursor` */
export async function listArtifacts(
  read: Reader,
  { project, function: what, model, job, limit, cursor }: ArtifactQuery,
): Promise<{ items: (Artifact & { projectTitle: string })[]; nextCursor: string | null }> {
  const at = cursor ? parseCursor(cursor) : undefined
  const rows = await read
    .select({ artifact: artifacts, projectTitle: projects.title })
    .from(artifacts)
    .innerJoin(projects, eq(projects.id, artifacts.project))
    .where(
      and(
        isNull(projects.deletedAt),
        not(ARE_DELETED),
        project ? eq(artifacts.project, project) : undefined,
        what ? eq(artifacts.function, what) : undefined,
        model === undefined ? undefined : model === '' ? isNull(artifacts.model) : eq(artifacts.model, model),
        job ? eq(artifacts.job, job) : undefined,
        at
          ? or(
              lt(artifacts.createdAt, at.createdAt),
              and(eq(artifacts.createdAt, at.createdAt), lt(artifacts.id, at.id)),
            )
          : undefined,
      ),
    )
    .orderBy(desc(artifacts.createdAt), desc(artifacts.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit).map(({ artifact, projectTitle }) => ({ ...artifact, projectTitle }))
  const end = items.at(-1)
  return { items, nextCursor: rows.length > limit && end ? `${end.createdAt}.${end.id}` : null }
}

/** The functions and models that artifacts were made with, for a filter. */
export async function artifactKinds(
  read: Reader,
  project?: string,
): Promise<{ functions: string[]; models: string[] }> {
  const own = project ? sql`AND a.project_id = ${project}` : sql``
  const there = sql`FROM artifacts a JOIN projects p ON p.id = a.project_id WHERE p.deleted_at IS NULL ${own}`
  const [functions, models] = [
    await read.all<{ value: string }>(sql`SELECT DISTINCT a.function AS value ${there} ORDER BY 1`),
    await read.all<{ value: string }>(sql`SELECT DISTINCT coalesce(a.model, '') AS value ${there} ORDER BY 1`),
  ]
  return { functions: functions.map(({ value }) => value), models: models.map(({ value }) => value) }
}

/** Those that were made from one, the newest first. */
export function childrenOf(read: Reader, id: string): Promise<Artifact[]> {
  return read.select().from(artifacts).where(eq(artifacts.parent, id)).orderBy(desc(artifacts.createdAt)).limit(50)
}

/** The artifact that has these very bytes, where there is one in a project that is there. */
export async function artifactWith(read: Reader, hash: string): Promise<Artifact | null> {
  const [found] = await read
    .select({ artifact: artifacts })
    .from(artifacts)
    .innerJoin(projects, eq(projects.id, artifacts.project))
    .where(and(eq(artifacts.hash, hash), isNull(projects.deletedAt)))
    .orderBy(desc(artifacts.createdAt))
    .limit(1)
  return found?.artifact ?? null
}

function parseCursor(cursor: string): { createdAt: number; id: string } {
  const [, createdAt, id] = /^(\d{1,16})\.([\w-]{1,64})$/.exec(cursor) ?? []
  if (createdAt === undefined || id === undefined)
    throw new Invalid('bad_cursor', 'The cursor is none that a list gave. Begin again without one.', {
      context: { field: 'cursor' },
    })
  return { createdAt: Number(createdAt), id }
}
