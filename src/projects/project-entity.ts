import { and, eq, inArray } from 'drizzle-orm'
import type { Entity, Target } from '../changes/entity.ts'
import { among } from '../changes/history.ts'
import type { Tx } from '../db/writer.ts'
import { Conflict } from '../errors.ts'
import type { EventLog } from '../events/append.ts'
import { statesThatAllow } from '../jobs/state.ts'
import { jobs } from '../jobs/tables.ts'
import { type Project, projects } from './tables.ts'

export const PROJECT = 'project'

/** What of a project is edited, and so can be undone: all but what follows from its work. */
export type ProjectFields = Pick<
  Project,
  | 'title'
  | 'brief'
  | 'summary'
  | 'model'
  | 'tier'
  | 'priority'
  | 'tags'
  | 'autorun'
  | 'seed'
  | 'createdBy'
  | 'createdAt'
>

/** How projects are edited through changes; the id is the scope. A deleted one stays in the trash, with all its rows. */
export function projectEntity(deps: { events: EventLog; now: () => number }): Entity<ProjectFields> {
  return {
    name: PROJECT,
    texts: ['brief', 'summary'],
    async read(tx, _scope, ids) {
      const rows = await tx.select().from(projects).where(among(projects.id, ids))
      const there = rows.filter(({ deletedAt }) => deletedAt === null)
      return new Map(there.map((row) => [row.id, { version: row.version, state: fieldsOfProject(row) }]))
    },
    async write(tx, targets) {
      for (const target of targets) await writeProject(deps, tx, target)
    },
  }
}

function fieldsOfProject(project: Project): ProjectFields {
  const { title, brief, summary, model, tier, priority, tags, autorun, seed, createdBy, createdAt } = project
  return { title, brief, summary, model, tier, priority, tags, autorun, seed, createdBy, createdAt }
}

async function writeProject(
  { events, now }: { events: EventLog; now: () => number },
  tx: Tx,
  { id, version, state, change, job }: Target<ProjectFields>,
): Promise<void> {
  const about = { scope: id, by: change.by, ...(job ? { job } : {}) }
  if (!state) {
    await mustRest(tx, id)
    await tx.update(projects).set({ deletedAt: now(), updatedAt: now(), version }).where(eq(projects.id, id))
    await events.append(tx, { ...about, type: 'project.deleted' })
    return
  }
  const row = { ...state, version, deletedAt: null, updatedAt: now() }
  await tx
    .insert(projects)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: projects.id, set: row })
  const { title, model, tier, priority, tags } = state
  const data = version === 1 ? { title, model, tier } : { title, model, tier, priority, tags }
  await events.append(tx, { ...about, type: version === 1 ? 'project.created' : 'project.edited', data })
}

/** @throws Conflict `project_busy`: what works for a project would go on without it */
async function mustRest(tx: Tx, id: string): Promise<void> {
  const [busy] = await tx
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.scope, id), inArray(jobs.state, statesThatAllow('cancel'))))
    .limit(1)
  if (busy)
    throw new Conflict('project_busy', 'The project is being worked on. Stop it first, or delete it as a whole.', {
      context: { job: busy.id },
    })
}
