import { and, asc, desc, eq, gt, isNull, like, lt, not, notInArray, or, sql } from 'drizzle-orm'
import type { Changes } from '../changes/changes.ts'
import type { Choice } from '../changes/contest.ts'
import type { Change } from '../changes/tables.ts'
import type { Database, Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Invalid, NotFound } from '../errors.ts'
import type { JobRef } from '../events/line.ts'
import { enqueue } from '../jobs/enqueue.ts'
import type { JobsDeps } from '../jobs/jobs.ts'
import { type Job, jobs } from '../jobs/tables.ts'
import { ASIDES } from './asides.ts'
import { checkBrief, titleFromBrief } from './brief.ts'
import { PROJECT, type ProjectFields } from './project-entity.ts'
import { type ProjectStatus, projectStatus, readyTasks } from './state.ts'
import { type Project, projects, proposals, tasks } from './tables.ts'

export interface ProjectsDeps extends JobsDeps {
  db: Database
  changes: Changes
}

export interface NewProject {
  brief: string
  /** The model to work with, as `chooseModel` named it. */
  model: string
  tier: string
  autorun: boolean
  by: string
}

/** Starts a project: its row, its first event and the job that plans it, in one transaction. */
export function createProject(
  deps: ProjectsDeps,
  { brief, model, tier, autorun, by }: NewProject,
): Promise<{ project: Project; job: Job }> {
  const text = checkBrief(brief)
  return deps.db.write(async (tx) => {
    const project = await insertProject(deps, tx, { brief: text, model, tier, autorun, by, status: 'working' })
    const job = await enqueue(deps, tx, { kind: 'plan', input: {}, scope: project.id, by })
    return { project, job }
  })
}

/** Puts a project in and says so; nothing is planned. `brief` as `checkBrief` gave it. */
export async function insertProject(
  deps: Pick<ProjectsDeps, 'changes' | 'now' | 'newId'>,
  tx: Tx,
  { brief, by, status, ...given }: NewProject & { status: ProjectStatus },
): Promise<Project> {
  const at = deps.now()
  const id = deps.newId()
  const state: ProjectFields = {
    ...given,
    title: titleFromBrief(brief),
    brief,
    summary: '',
    seed: seedOf(id),
    priority: 0,
    tags: [],
    createdBy: by,
    createdAt: at,
  }
  const edit = { do: 'create', entity: PROJECT, id, baseVersion: 0, state } as const
  await deps.changes.apply(tx, { scope: id, by, reason: 'Started the project', edits: [edit] })
  await tx
    .update(projects)
    .set({ status, endedAt: status === 'working' ? null : at })
    .where(eq(projects.id, id))
  return projectById(tx, id)
}

/** A project that is not in the trash. @throws NotFound `unknown_project` */
export async function projectById(read: Reader, id: string): Promise<Project> {
  const [project] = await read.select().from(projects).where(eq(projects.id, id))
  if (!project || project.deletedAt !== null) throw new NotFound('project', id)
  return project
}

/** The project as the API shows it. */
export function projectJson({ createdBy: _, deletedAt: __, ...project }: Project) {
  return project
}

export interface ProjectQuery {
  q?: string | undefined
  status?: ProjectStatus | undefined
  priority?: number | undefined
  tag?: string | undefined
  sort: 'newest' | 'oldest'
  /** 1 to 200. */
  limit: number
  /** What the page before ended with. */
  cursor?: string | undefined
}

/** A page of projects, and the cursor of the next; null at the end. @throws Invalid `bad_cursor` */
export async function listProjects(
  read: Reader,
  query: ProjectQuery,
): Promise<{ items: Project[]; nextCursor: string | null }> {
  const newest = query.sort === 'newest'
  const at = query.cursor ? parseCursor(query.cursor) : undefined
  const past = newest ? lt : gt
  const rows = await read
    .select()
    .from(projects)
    .where(
      and(
        isNull(projects.deletedAt),
        query.q ? or(like(projects.title, contains(query.q)), like(projects.brief, contains(query.q))) : undefined,
        query.status ? eq(projects.status, query.status) : undefined,
        query.priority === undefined ? undefined : eq(projects.priority, query.priority),
        query.tag ? sql`exists (select 1 from json_each(${projects.tags}) where value = ${query.tag})` : undefined,
        at
          ? or(
              past(projects.createdAt, at.createdAt),
              and(eq(projects.createdAt, at.createdAt), past(projects.id, at.id)),
            )
          : undefined,
      ),
    )
    .orderBy(...(newest ? [desc(projects.createdAt), desc(projects.id)] : [asc(projects.createdAt), asc(projects.id)]))
    .limit(query.limit + 1)
  const items = rows.slice(0, query.limit)
  const end = items.at(-1)
  return { items, nextCursor: rows.length > query.limit && end ? `${end.createdAt}.${end.id}` : null }
}

/** Brings the stored status in line with the project's jobs and tasks, and says so when it changed. */
export async function refreshStatus(deps: Pick<ProjectsDeps, 'events' | 'now'>, tx: Tx, id: string): Promise<void> {
  const project = await projectById(tx, id)
  const states = await tx
    .selectDistinct({ state: jobs.state })
    .from(jobs)
    .where(and(eq(jobs.scope, id), notInArray(jobs.kind, [...ASIDES]), not(GIVEN_UP)))
  const all = await tx
    .select()
    .from(tasks)
    .where(and(eq(tasks.project, id), isNull(tasks.deletedAt)))
  const [open] = await tx
    .select({ id: proposals.id })
    .from(proposals)
    .innerJoin(tasks, and(eq(tasks.id, proposals.task), isNull(tasks.deletedAt)))
    .where(and(eq(proposals.project, id), eq(proposals.state, 'proposed')))
    .limit(1)
  const status = projectStatus(
    states.map(({ state }) => state),
    { proposed: open !== undefined, unstarted: readyTasks(all).length > 0 },
  )
  if (status === project.status) return
  const at = deps.now()
  await tx
    .update(projects)
    .set({ status, updatedAt: at, endedAt: status === 'working' ? null : at })
    .where(eq(projects.id, id))
  await deps.events.append(tx, { type: 'project.updated', scope: id, data: { status } })
}

/**
 * What failed or was stopped for a task that is done otherwise, or is gone; and what was to mend a file and could not: the
 * file stays as it was.
 */
const GIVEN_UP = sql`(${jobs.kind} IN ('write', 'render') AND ${jobs.state} IN ('failed', 'cancelled') AND NOT EXISTS (
  SELECT 1 FROM tasks WHERE tasks.job_id = ${jobs.id} AND tasks.deleted_at IS NULL AND tasks.status = 'todo' AND tasks.mends = 0))`

/** What a person may say of a project. */
export type ProjectWish = Partial<
  Pick<ProjectFields, 'title' | 'summary' | 'model' | 'tier' | 'priority' | 'tags' | 'autorun'>
>

/** Who edits, why, and the version that they saw. */
export interface ProjectAuthor {
  by: string
  reason: string
  job?: JobRef | undefined
  baseVersion?: number | undefined
  choices?: readonly Choice[] | undefined
}

/** Gives a project another title, model or the like. @throws NotFound `unknown_project`; Contested `version_conflict` */
export function editProject(
  { changes }: Pick<ProjectsDeps, 'changes'>,
  tx: Tx,
  id: string,
  fields: ProjectWish,
  { baseVersion, ...author }: ProjectAuthor,
): Promise<Change> {
  const edit = { do: 'update', entity: PROJECT, id, baseVersion, fields } as const
  return changes.apply(tx, { scope: id, ...author, edits: [edit] })
}

/** A stable 31-bit number of the project, from which each picture's seed follows. */
function seedOf(id: string): number {
  return Number(Bun.hash.xxHash32(id) & 0x7fffffff)
}

function contains(text: string): string {
  return `%${text}%`
}

function parseCursor(cursor: string): { createdAt: number; id: string } {
  const [, createdAt, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(cursor) ?? []
  if (!createdAt || !id)
    throw new Invalid('bad_cursor', 'The cursor is not one that this list gave out. Start again without it.')
  return { createdAt: Number(createdAt), id }
}
