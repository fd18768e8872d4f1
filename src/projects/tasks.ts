import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Entity, Target } from '../changes/entity.ts'
import { among } from '../changes/history.ts'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { NotFound } from '../errors.ts'
import type { EventLog } from '../events/append.ts'
import type { JobRef } from '../events/line.ts'
import { enqueue } from '../jobs/enqueue.ts'
import { type Job, jobs } from '../jobs/tables.ts'
import { enqueueCheck } from './check.ts'
import { editProject, type ProjectsDeps, projectById, refreshStatus } from './projects.ts'
import { isComplete, readyTasks } from './state.ts'
import { TASK_COLUMNS, type Task, tasks } from './tables.ts'
import { mustRest, type TaskFields, unsound } from './task-edits.ts'
import { treeProblems } from './tree-rules.ts'

export type TasksDeps = ProjectsDeps

export const TASK = 'task'

/** How tasks are edited through changes. */
export function taskEntity({ events, now }: { events: EventLog; now: () => number }): Entity<TaskFields> {
  return {
    name: TASK,
    texts: ['prompt'],
    async read(tx, scope, ids) {
      const rows = await tx
        .select()
        .from(tasks)
        .where(and(eq(tasks.project, scope), among(tasks.id, ids), isNull(tasks.deletedAt)))
      return new Map(rows.map((task) => [task.id, { version: task.version, state: fieldsOf(task) }]))
    },
    async write(tx, targets) {
      for (const target of targets) await writeTask({ events, now }, tx, target)
    },
    async afterUndo(tx, scope) {
      await mustBeSound(tx, scope)
      await refreshStatus({ events, now }, tx, scope)
    },
  }
}

async function writeTask(
  { events, now }: { events: EventLog; now: () => number },
  tx: Tx,
  { scope, id, version, state, change, undoes }: Target<TaskFields>,
): Promise<void> {
  if (undoes) await mustBeAtRest(tx, id)
  if (state) {
    const isDone = state.status === 'done'
    const row = { ...state, dueAt: state.dueAt ?? null, version, deletedAt: null }
    await tx
      .insert(tasks)
      .values({ id, project: scope, createdAt: now(), ...row, doneAt: isDone ? now() : null })
      .onConflictDoUpdate({
        target: tasks.id,
        set: { ...row, doneAt: isDone ? sql`coalesce(done_at, ${now()})` : null },
      })
  } else
    await tx
      .update(tasks)
      .set({ key: keyOfRemoved(id), version, deletedAt: now() })
      .where(eq(tasks.id, id))
  const type = state ? (version === 1 ? 'task.created' : 'task.updated') : 'task.removed'
  await events.append(tx, { type, scope, by: change.by, data: { task: id, ...state } })
}

/** Its own key is free for another; it comes back with it. */
function keyOfRemoved(id: string): string {
  return `removed ${id}`
}

/** An undo is an edit like any other: what is being worked on stays as it is. */
async function mustBeAtRest(tx: Tx, id: string): Promise<void> {
  const [row] = await tx
    .select({ title: tasks.title, jobState: jobs.state })
    .from(tasks)
    .innerJoin(jobs, eq(jobs.id, tasks.job))
    .where(eq(tasks.id, id))
  if (row) mustRest(row)
}

async function mustBeSound(tx: Tx, project: string): Promise<void> {
  const problems = treeProblems((await tasksOf(tx, project)).map((task) => ({ ...task, name: task.title })))
  if (problems.length > 0) throw unsound(problems)
}

export function tasksOf(read: Reader, project: string): Promise<Task[]> {
  return read
    .select(TASK_COLUMNS)
    .from(tasks)
    .where(and(eq(tasks.project, project), isNull(tasks.deletedAt)))
    .orderBy(asc(tasks.position), asc(tasks.id))
}

/** @throws NotFound `unknown_task` */
export async function taskById(read: Reader, id: string): Promise<Task> {
  const [task] = await read
    .select(TASK_COLUMNS)
    .from(tasks)
    .where(and(eq(tasks.id, id), isNull(tasks.deletedAt)))
  if (!task) throw new NotFound('task', id)
  return task
}

/** Marks a task as done by a job, starts what waited for it, or the check when it was the last - without a model's reading where that was a repair - and brings the project's status up to date. */
export async function completeTask(deps: TasksDeps, tx: Tx, id: string, job: JobRef): Promise<void> {
  const task = await taskById(tx, id)
  await deps.changes.apply(tx, {
    scope: task.project,
    by: `job:${job.id}`,
    reason: `Done: ${task.title}`,
    job,
    edits: [{ do: 'update', entity: TASK, id, baseVersion: task.version, fields: { status: 'done' } }],
  })
  await startReady(deps, tx, task.project)
  if (isComplete(await tasksOf(tx, task.project))) await enqueueCheck(deps, tx, task.project, { reads: !task.mends })
  await refreshStatus(deps, tx, task.project)
}

/** Queues a job for each task that can start now, unless the plan still waits for a person. */
export async function startReady(deps: TasksDeps, tx: Tx, project: string): Promise<Job[]> {
  const { autorun, createdBy } = await projectById(tx, project)
  if (!autorun) return []
  const started: Job[] = []
  for (const task of readyTasks(await tasksOf(tx, project))) {
    const job = await enqueue(deps, tx, {
      kind: task.kind,
      input: { task: task.id },
      scope: project,
      owner: createdBy,
      about: { task: task.id, title: task.title, path: task.path },
    })
    await tx.update(tasks).set({ job: job.id }).where(eq(tasks.id, task.id))
    started.push(job)
  }
  return started
}

/** Lets a plan that waited for a person be carried out. Returns the jobs that this started. */
export function startProject(deps: TasksDeps, project: string, by: string): Promise<Job[]> {
  return deps.db.write(async (tx) => {
    await editProject(deps, tx, project, { autorun: true }, { by, reason: 'Let the plan be carried out' })
    await deps.events.append(tx, { type: 'project.started', scope: project, by })
    const started = await startReady(deps, tx, project)
    await refreshStatus(deps, tx, project)
    return started
  })
}

/** What of a task is edited. */
export function fieldsOf(task: Task): TaskFields {
  const { parent, key, position, kind, title, path, prompt, width, height } = task
  const { dependsOn, contract, mends, status, dueAt } = task
  return { parent, key, position, kind, title, path, prompt, width, height, dependsOn, contract, mends, status, dueAt }
}
