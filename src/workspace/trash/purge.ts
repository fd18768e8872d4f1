import { eq, sql } from 'drizzle-orm'
import type { Database } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { PROJECT } from '../../projects/project-entity.ts'
import { projects, tasks } from '../../projects/tables.ts'
import { TASK } from '../../projects/tasks.ts'
import { FILE } from '../file-entity.ts'
import { forgetRepository } from '../git/repository.ts'

/** Rows removed in one turn of the event loop. */
const ROWS = 500
/** Things purged in one transaction. */
const THINGS = 50

export interface PurgeDeps {
  db: Pick<Database, 'read' | 'write'>
  now: () => number
  /** The data directory. */
  data: string
}

export interface Purged {
  projects: number
  tasks: number
  files: number
}

/**
 * Removes for good what was deleted before a moment: whole projects with all that was theirs, and single tasks and files
 * with their histories. Killed in between, the next run goes on. What contents this leaves unnamed, the collection removes.
 */
export async function purgeTrash(deps: PurgeDeps, before: number, signal: AbortSignal): Promise<Purged> {
  const purged = { projects: 0, tasks: 0, files: 0 }
  for (let many = await purgeFiles(deps, before); many > 0; many = await purgeFiles(deps, before)) {
    purged.files += many
    signal.throwIfAborted()
  }
  for (let many = await purgeTasks(deps, before); many > 0; many = await purgeTasks(deps, before)) {
    purged.tasks += many
    signal.throwIfAborted()
  }
  purged.projects = await dropProjects(deps, before)
  for (const project of await droppedProjects(deps)) await removeRest(deps, project, signal)
  return purged
}

/** Of projects that are there: those in the trash go as a whole. */
async function purgeFiles({ db, data }: PurgeDeps, before: number): Promise<number> {
  const gone = await db.write(async (tx) => {
    const rows = await tx.all<{ scope: string; id: string }>(sql`
      SELECT project_id AS scope, path AS id FROM files WHERE deleted = 1 AND updated_at < ${before}
        AND project_id IN (SELECT id FROM projects WHERE deleted_at IS NULL) LIMIT ${THINGS}`)
    for (const { scope, id } of rows) {
      await forgetThing(tx, scope, FILE, id)
      await tx.run(sql`DELETE FROM files WHERE project_id = ${scope} AND path = ${id}`)
      await tx.run(sql`DELETE FROM artifacts WHERE project_id = ${scope} AND path = ${id}`)
    }
    return rows
  })
  for (const project of new Set(gone.map(({ scope }) => scope))) await forgetRepository(data, project)
  return gone.length
}

function purgeTasks({ db }: PurgeDeps, before: number): Promise<number> {
  return db.write(async (tx) => {
    const rows = await tx.all<{ scope: string; id: string }>(sql`
      SELECT project_id AS scope, id FROM tasks WHERE deleted_at < ${before}
        AND project_id IN (SELECT id FROM projects WHERE deleted_at IS NULL) LIMIT ${THINGS}`)
    for (const { scope, id } of rows) {
      await forgetThing(tx, scope, TASK, id)
      await tx.delete(tasks).where(eq(tasks.id, id))
    }
    return rows.length
  })
}

/** The changes that touched it stay, and say that a part of them is gone: they can't be undone any more. */
async function forgetThing(tx: Tx, scope: string, entity: string, id: string): Promise<void> {
  const own = sql`scope = ${scope} AND entity = ${entity} AND entity_id = ${id}`
  await tx.run(sql`UPDATE changes SET purged = purged + 1 WHERE id IN (SELECT change_id FROM operations WHERE ${own})`)
  await tx.run(sql`DELETE FROM operations WHERE ${own}`)
}

/** From here on there is no way back: the project is gone, and with it all that hangs on its row. */
function dropProjects({ db, now }: PurgeDeps, before: number): Promise<number> {
  return db.write(async (tx) => {
    const rows = await tx.all<{ id: string }>(sql`SELECT id FROM projects WHERE deleted_at < ${before} LIMIT ${THINGS}`)
    for (const { id } of rows) {
      await tx.run(sql`INSERT INTO purges (project_id, at) VALUES (${id}, ${now()}) ON CONFLICT DO NOTHING`)
      await tx.delete(projects).where(eq(projects.id, id))
    }
    return rows.length
  })
}

async function droppedProjects({ db }: PurgeDeps): Promise<string[]> {
  const rows = await db.read.all<{ id: string }>(sql`SELECT project_id AS id FROM purges`)
  return rows.map(({ id }) => id)
}

async function removeRest({ db, data }: PurgeDeps, project: string, signal: AbortSignal): Promise<void> {
  await forgetRepository(data, project)
  for (const some of REST)
    for (;;) {
      const { rowsAffected } = await db.write((tx) => tx.run(some(project)))
      signal.throwIfAborted()
      if (rowsAffected < ROWS) break
    }
  await db.write((tx) => tx.run(sql`DELETE FROM purges WHERE project_id = ${project}`))
}

/** What is a project's without hanging on its row; what refers to others before those. The sums of what models cost stay. */
const REST = [
  (id: string) =>
    sql`DELETE FROM files WHERE (project_id, path) IN (SELECT project_id, path FROM files WHERE project_id = ${id} LIMIT ${ROWS})`,
  (id: string) =>
    sql`DELETE FROM operations WHERE seq IN (SELECT seq FROM operations WHERE scope = ${id} LIMIT ${ROWS})`,
  (id: string) => sql`DELETE FROM reversals WHERE (change_id, undoes) IN (SELECT change_id, undoes FROM reversals
    WHERE change_id IN (SELECT id FROM changes WHERE scope = ${id}) LIMIT ${ROWS})`,
  (id: string) => sql`UPDATE changes SET undone_by = NULL WHERE seq IN (SELECT seq FROM changes
    WHERE scope = ${id} AND undone_by IS NOT NULL LIMIT ${ROWS})`,
  (id: string) => sql`DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE scope = ${id} LIMIT ${ROWS})`,
  (id: string) => sql`DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE scope = ${id} LIMIT ${ROWS})`,
  (id: string) => sql`DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE scope = ${id} LIMIT ${ROWS})`,
  (id: string) => sql`DELETE FROM compactions WHERE stream = ${`project:${id}`}`,
  (id: string) => sql`DELETE FROM budgets WHERE kind = ${PROJECT} AND id = ${id}`,
]
