import { Elysia } from 'elysia'
import { z } from 'zod'
import { Choices } from '../../changes/choices.ts'
import { Contested } from '../../changes/contest.ts'
import { contestedResponse } from '../../changes/contest-answer.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { etagOf, versionIn } from '../../web/versions.ts'
import { Contract } from '../contract.ts'
import { projectById } from '../projects.ts'
import { type Author, createTask, editTask, finishTask, removeTask } from '../task-changes.ts'
import { type TasksDeps, taskById } from '../tasks.ts'
import { TASK_SAYS } from './answers.ts'

export interface TaskRoutesDeps extends TasksDeps {
  guard: Guard
}

/** The last moment that a calendar can tell, ms since the epoch. */
const LATEST = 8.64e15

const Id = z.string('takes the id of a task').max(80)
const TaskBody = z.object({
  title: z.string('takes a text').trim().min(1, 'takes a text').max(160, 'takes at most 160 characters'),
  kind: z.enum(['write', 'render', 'note'], 'takes write, render or note'),
  path: z.string('takes a path').max(1_024).nullable().optional(),
  prompt: z.string('takes a text').max(20_000, 'takes at most 20,000 characters').nullable().optional(),
  width: z.number('takes a number of pixels').int().min(1).max(10_000).nullable().optional(),
  height: z.number('takes a number of pixels').int().min(1).max(10_000).nullable().optional(),
  dependsOn: z.array(Id, 'takes a list of ids of tasks').max(200).optional(),
  contract: Contract.nullable().optional(),
  dueAt: z.number('takes a time in ms').int().min(0).max(LATEST, 'takes a time in ms').nullable().optional(),
  parent: Id.nullable().optional(),
  before: Id.nullable().optional(),
})
const EditBody = TaskBody.omit({ kind: true })
  .partial()
  .extend({
    baseVersion: z.number('takes the version that you saw').int().min(1).optional(),
    choices: Choices.optional(),
  })

/** The API of tasks. */
export function taskApi(deps: TaskRoutesDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .post(
      '/projects/:id/tasks',
      async ({ params, body, actor, set }) => {
        const task = await createTask(deps, params.id, body, { by: personOf(actor) })
        set.status = 201
        return { task }
      },
      {
        body: TaskBody,
        // Before its body is looked at: whoever names no project hears of that.
        transform: async ({ params }) => void (await projectById(deps.db.read, params.id)),
        ...TASK_SAYS.create,
      },
    )
    .get(
      '/tasks/:id',
      async ({ params, set }) => {
        const task = await taskById(deps.db.read, params.id)
        set.headers.etag = etagOf(task)
        return { task }
      },
      TASK_SAYS.get,
    )
    .patch(
      '/tasks/:id',
      async ({ params, body: { baseVersion, choices, ...wish }, request, actor, set }) => {
        const seen = baseVersion ?? versionIn(request)
        const author = { ...authorOf(actor, params.id, seen), choices }
        return tellingContests(baseVersion === undefined ? 412 : 409, async () => {
          const task = await editTask(deps, params.id, wish, author)
          set.headers.etag = etagOf(task)
          return { task }
        })
      },
      { body: EditBody, ...TASK_SAYS.edit },
    )
    .delete(
      '/tasks/:id',
      async ({ params, request, actor }) => {
        const author = authorOf(actor, params.id, versionIn(request))
        return tellingContests(412, async () => ({ change: (await removeTask(deps, params.id, author)).id }))
      },
      TASK_SAYS.remove,
    )
    .post(
      '/tasks/:id/completion',
      async ({ params, request, actor, set }) => {
        const author = authorOf(actor, params.id, versionIn(request))
        return tellingContests(412, async () => {
          const task = await finishTask(deps, params.id, author)
          set.status = 201
          return { task }
        })
      },
      TASK_SAYS.finish,
    )
}

/** What both sides changed, told by both: a precondition of the request has failed where `If-Match` was one. */
async function tellingContests<T>(status: 409 | 412, act: () => Promise<T>): Promise<T | Response> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof Contested) return contestedResponse(error, status)
    throw error
  }
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}

function authorOf(actor: Actor, task: string, version: number | undefined): Author {
  const by = personOf(actor)
  return version === undefined ? { by } : { by, seen: new Map([[task, version]]) }
}
