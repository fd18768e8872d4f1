import { and, desc, eq, isNotNull, sql } from 'drizzle-orm'
import { lastOperations } from '../../changes/history.ts'
import { type Change, changes, operations } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { cancelAllIn } from '../../jobs/jobs.ts'
import { PROJECT } from '../../projects/project-entity.ts'
import { type ProjectsDeps, projectById, refreshStatus } from '../../projects/projects.ts'
import { projects } from '../../projects/tables.ts'
import { TASK, tasksOf } from '../../projects/tasks.ts'
import { FILE } from '../file-entity.ts'
import { filesOf } from '../files.ts'

/** Most things of a project's trash that are listed. */
const LISTED = 500

/** Something that was deleted and can be brought back. */
export interface Trashed {
  entity: 'project' | 'task' | 'file'
  id: string
  /** A title or a path. */
  name: string
  /** When it was deleted, ms since the epoch. */
  at: number
  by: string
  reason: string
}

/**
 * Stops all work on a project and puts it into the trash with its tasks and files, as one change.
 * @throws NotFound `unknown_project`; Contested `version_conflict`
 */
export function deleteProject(
  deps: ProjectsDeps,
  id: string,
  { by, baseVersion }: { by: string; baseVersion?: number | undefined },
): Promise<Change> {
  return deps.db.write(async (tx) => {
    const { title } = await projectById(tx, id)
    await cancelAllIn(deps, tx, id, by)
    const tasks = await tasksOf(tx, id)
    const files = await filesOf(tx, id)
    const edits = [
      ...files.map(({ path }) => ({ do: 'delete', entity: FILE, id: path }) as const),
      ...tasks.map((task) => ({ do: 'delete', entity: TASK, id: task.id }) as const),
      { do: 'delete', entity: PROJECT, id, baseVersion } as const,
    ]
    return deps.changes.apply(tx, { scope: id, by, reason: `Deleted the project “${title}”`, edits })
  })
}

/**
 * Takes a project out of the trash, with all that was deleted together with it, as one change.
 * @throws NotFound `unknown_project`; Conflict `not_deleted`
 */
export function restoreProject(deps: ProjectsDeps, id: string, by: string): Promise<Change> {
  return deps.db.write(async (tx) => {
    const [project] = await tx.select().from(projects).where(eq(projects.id, id))
    if (!project) throw new NotFound('project', id)
    if (project.deletedAt === null) throw notDeleted('project')
    const deletion = (await lastOperations(tx, id, PROJECT, [id])).get(id)!.change
    const reason = `Restored the project “${project.title}”`
    return deps.changes.undo(tx, deletion, { by, reason })
  })
}

/**
 * Takes a file or a task out of a project's trash. A task comes back with what was removed together with it.
 * @throws NotFound `unknown_project`, `unknown_task`, `unknown_file`; Conflict `not_deleted`, `path_taken`, `purged`
 */
export function restoreThing(
  deps: ProjectsDeps,
  project: string,
  { entity, id }: Pick<Trashed, 'entity' | 'id'>,
  by: string,
): Promise<Change> {
  return deps.db.write(async (tx) => {
    await projectById(tx, project)
    const last = (await lastOperations(tx, project, entity, [id])).get(id)
    if (!last) throw new NotFound(entity, id)
    if (last.after !== null) throw notDeleted(entity)
    const { title = id } = last.before as { title?: string }
    const about = { by, reason: `Restored ${entity === FILE ? id : `“${title}”`}` }
    const change =
      entity === TASK
        ? await deps.changes.undo(tx, last.change, about)
        : await deps.changes.apply(tx, { scope: project, ...about, edits: [{ do: 'restore', entity, id }] })
    await refreshStatus(deps, tx, project)
    return change
  })
}

/** The projects in the trash, the last deleted first. */
export async function trashedProjects(read: Reader): Promise<Trashed[]> {
  const rows = await read
    .select()
    .from(projects)
    .where(isNotNull(projects.deletedAt))
    .orderBy(desc(projects.deletedAt))
    .limit(LISTED)
  const trashed: Trashed[] = []
  for (const { id, title, deletedAt } of rows) {
    const last = (await lastOperations(read, id, PROJECT, [id])).get(id)
    const [change] = last ? await read.select().from(changes).where(eq(changes.id, last.change)) : []
    trashed.push({
      entity: 'project',
      id,
      name: title,
      at: deletedAt!,
      by: change?.by ?? '',
      reason: change?.reason ?? '',
    })
  }
  return trashed
}

/** The tasks and files of a project that were deleted and not made again, the last deleted first. */
export async function trashOf(read: Reader, project: string): Promise<Trashed[]> {
  const newest = sql`${operations.version} = (SELECT max(version) FROM operations AS o
    WHERE o.scope = ${operations.scope} AND o.entity = ${operations.entity} AND o.entity_id = ${operations.entityId})`
  const rows = await read
    .select({ operation: operations, change: changes })
    .from(operations)
    .innerJoin(changes, eq(changes.id, operations.change))
    .where(
      and(
        eq(operations.scope, project),
        sql`${operations.entity} IN (${TASK}, ${FILE})`,
        sql`${operations.after} IS NULL`,
        newest,
      ),
    )
    .orderBy(desc(operations.seq))
    .limit(LISTED)
  return rows.map(({ operation: { entity, entityId: id, before }, change: { at, by, reason } }) => ({
    entity: entity as Trashed['entity'],
    id,
    name: (before as { title?: string } | null)?.title ?? id,
    at,
    by,
    reason,
  }))
}

function notDeleted(entity: string): Conflict {
  return new Conflict('not_deleted', `The ${entity} is there: nothing is to be restored.`)
}
