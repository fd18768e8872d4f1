import { Elysia } from 'elysia'
import { z } from 'zod'
import { choicesIn } from '../../changes/choices.ts'
import { Contested } from '../../changes/contest.ts'
import { contestViews, EDIT_WORDS, sayValue } from '../../changes/contest-view.ts'
import { lastChanges } from '../../changes/lasts.ts'
import type { Reader } from '../../db/open.ts'
import { DomainError } from '../../errors.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { understood } from '../../web/understood.ts'
import { contractLines } from '../contract.ts'
import { projectById } from '../projects.ts'
import { type ShellDeps, shellFor } from '../shell.ts'
import type { Task } from '../tables.ts'
import { type Author, createTask, editTask, finishTask, removeTask, shiftTask } from '../task-changes.ts'
import { type TasksDeps, taskById } from '../tasks.ts'
import { formOf, newForm, newTaskOf, SentTask, type TaskFormData, wishOf } from './form.ts'

export interface TaskPagesDeps extends TasksDeps, ShellDeps {
  guard: Guard
}

const KINDS = z.object({
  kind: z.enum(['write', 'render', 'note']).default('write'),
  parent: z.string().max(80).default(''),
})
const Seen = z.object({ version: z.coerce.number().int().min(0) })
const Place = Seen.extend({ way: z.enum(['up', 'down']) })

/** The forms that edit a plan: they work without script. */
export function taskPages(deps: TaskPagesDeps) {
  return new Elysia()
    .use(deps.guard)
    .get(
      '/projects/:id/tasks/new',
      async ({ request, params, query, actor }) => {
        const typed = { ...SentTask.parse({ title: '-', ...query }), title: '' }
        return shown(deps, { request, actor }, await newForm(deps.read, params.id, typed))
      },
      { query: KINDS },
    )
    .post('/projects/:id/tasks', async ({ request, params, body, actor }) => {
      await projectById(deps.read, params.id)
      const again = (typed: SentTask) => newForm(deps.read, params.id, typed)
      return answered(deps, { request, actor, body, again }, async (typed) =>
        toPlan(await createTask(deps, params.id, newTaskOf(typed), { by: personOf(actor) })),
      )
    })
    .get('/tasks/:id', async ({ request, params, actor }) => {
      const task = await taskById(deps.read, params.id)
      return shown(deps, { request, actor }, await formOf(deps.read, task), task)
    })
    .post('/tasks/:id', async ({ request, params, body, actor }) => {
      const task = await taskById(deps.read, params.id)
      const again = (typed: SentTask) => formOf(deps.read, task, { ...typed, kind: task.kind })
      return answered(deps, { request, actor, body, again, task }, async (typed) => {
        const author = { ...authorOf(actor, task, typed.version), choices: choicesIn(body) }
        return toPlan(await editTask(deps, task.id, wishOf(typed, task), author))
      })
    })
    .post('/tasks/:id/removal', async ({ params, body, actor }) => {
      const task = await taskById(deps.read, params.id)
      const { version } = understood(Seen, body)
      await removeTask(deps, task.id, authorOf(actor, task, version))
      return seeOther(`/projects/${task.project}#tree`)
    })
    .post('/tasks/:id/completion', async ({ params, body, actor }) => {
      const task = await taskById(deps.read, params.id)
      const { version } = understood(Seen, body)
      return toPlan(await finishTask(deps, task.id, authorOf(actor, task, version)))
    })
    .post('/tasks/:id/place', async ({ params, body, actor }) => {
      const task = await taskById(deps.read, params.id)
      const { way, version } = understood(Place, body)
      return toPlan(await shiftTask(deps, task.id, way, authorOf(actor, task, version)))
    })
}

interface Sent {
  request: Request
  actor: Actor
  body: unknown
  /** The form with what was typed. */
  again(typed: SentTask): Promise<TaskFormData>
  task?: Task
}

/** What was wished, or the form again with what was typed and why it can't be so. */
async function answered(
  deps: TaskPagesDeps,
  { request, actor, body, again, task }: Sent,
  act: (typed: SentTask) => Promise<Response>,
): Promise<Response> {
  const typed = understood(SentTask, body)
  try {
    return await act(typed)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return shown(deps, { request, actor, body }, await again(typed), task, error)
  }
}

async function shown(
  deps: TaskPagesDeps,
  { request, actor, body }: { request: Request; actor: Actor; body?: unknown },
  form: TaskFormData,
  task?: Task,
  error?: DomainError,
): Promise<Response> {
  const shell = await shellFor(deps, actor, task ? task.title : 'A new task', form.project.id)
  const finishable = task !== undefined && task.kind !== 'note' && task.status === 'todo'
  const data = {
    ...form,
    shell,
    contests: error instanceof Contested ? await contestsOf(deps.read, form, error, body) : [],
    finishable,
    promises: contractLines(task?.contract ?? null),
    error: error ?? null,
  }
  return page(request, 'projects/task', data, { status: error ? statusOf(error) : 200 })
}

/** What both sides have changed, side by side, as the form asks about it. */
async function contestsOf(read: Reader, { others, groups }: TaskFormData, { contests }: Contested, body: unknown) {
  const titles = new Map([...others, ...groups].map(({ id, title }) => [id, title]))
  const called = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(called)
    return (typeof value === 'string' && titles.get(value)) || value
  }
  const lasts = await lastChanges(read, contests)
  return contestViews(contests, {
    words: EDIT_WORDS,
    sent: choicesIn(body),
    nameOf: () => 'What both have changed',
    say: (value, field) => sayValue(called(value), field) || '(none)',
  }).map((view, at) => ({ ...view, last: lasts.get(contests[at]!.last ?? '') ?? null }))
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}

function authorOf(actor: Actor, { id }: Task, version: number): Author {
  return { by: personOf(actor), seen: new Map([[id, version]]) }
}

function toPlan({ project, id }: Task): Response {
  return seeOther(`/projects/${project}#task-${id}`)
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}
