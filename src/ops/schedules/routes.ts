import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError, Forbidden } from '../../errors.ts'
import { type JobsDeps, jobById } from '../../jobs/jobs.ts'
import type { Schedule } from '../../jobs/schedule-table.ts'
import {
  addSchedule,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  retimeSchedule,
  runSchedule,
  schedulableKinds,
  scheduleById,
} from '../../jobs/schedules.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { type PageData, page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { understood } from '../../web/understood.ts'
import { SCHEDULE_SAYS } from './answers.ts'
import { scheduleView, scheduleViews } from './view.ts'

export interface ScheduleRoutesDeps extends JobsDeps {
  door: Guard
  /** What the layout draws around a page of this person. */
  shell: (actor: Actor, title: string) => Promise<PageData['shell']>
}

const Text = (what: string) => z.string(`takes ${what}`).trim().min(1, `takes ${what}`).max(200)
const Missed = z.enum(['once', 'skip'], 'takes once or skip')
const Added = z.object({
  name: Text('a name'),
  cron: Text('minute, hour, day, month and weekday'),
  timezone: Text('a time zone').default('UTC'),
  kind: Text('a kind of job'),
  input: z.unknown().default({}),
  missed: Missed.default('once'),
})
const Retimed = Added.pick({ cron: true })
  .extend({ timezone: Text('a time zone'), missed: Missed })
  .partial()

/** The page of schedules and its forms, and the API. For the owner. */
export const scheduleRoutes = (deps: ScheduleRoutesDeps) =>
  new Elysia({ name: 'schedules' }).use(deps.door).use(scheduleApi(deps)).use(schedulePages(deps))

const scheduleApi = (deps: ScheduleRoutesDeps) =>
  new Elysia()
    .use(deps.door)
    .get(
      '/api/schedules',
      async ({ actor }) => {
        mayManage(actor)
        return { items: await scheduleViews(deps.db.read, deps.now()) }
      },
      SCHEDULE_SAYS.list,
    )
    .post(
      '/api/schedules',
      async ({ actor, body, set }) => {
        const by = mayManage(actor)
        set.status = 201
        return shown(deps, await addSchedule(deps, body, by))
      },
      { body: Added, ...SCHEDULE_SAYS.create },
    )
    .patch(
      '/api/schedules/:id',
      async ({ actor, params, body }) => {
        const by = mayManage(actor)
        return shown(deps, await retimeSchedule(deps, params.id, body, by))
      },
      { body: Retimed, ...SCHEDULE_SAYS.retime },
    )
    .delete(
      '/api/schedules/:id',
      async ({ actor, params }) => {
        await removeSchedule(deps, params.id, mayManage(actor))
        return new Response(null, { status: 204 })
      },
      SCHEDULE_SAYS.remove,
    )
    .post(
      '/api/schedules/:id/pause',
      async ({ actor, params }) => shown(deps, await pauseSchedule(deps, params.id, mayManage(actor))),
      SCHEDULE_SAYS.pause,
    )
    .post(
      '/api/schedules/:id/resumption',
      async ({ actor, params }) => shown(deps, await resumeSchedule(deps, params.id, mayManage(actor))),
      SCHEDULE_SAYS.resumption,
    )
    .post(
      '/api/schedules/:id/runs',
      async ({ actor, params, set }) => {
        const job = await runSchedule(deps, params.id, mayManage(actor))
        set.status = 201
        return { job }
      },
      SCHEDULE_SAYS.run,
    )

/** What a form on the page does to one schedule, by the noun that it creates. */
const FORMS: Record<string, (deps: JobsDeps, id: string, by: string, body: unknown) => Promise<unknown>> = {
  pause: pauseSchedule,
  resumption: resumeSchedule,
  runs: runSchedule,
  removal: removeSchedule,
  timing: (deps, id, by, body) => retimeSchedule(deps, id, understood(Retimed, body), by),
}

function schedulePages(deps: ScheduleRoutesDeps) {
  const app = new Elysia()
    .use(deps.door)
    .get('/schedules', ({ actor, request }) => schedulesPage(deps, request, actor))
    .post('/schedules', ({ actor, request, body }) =>
      answered(deps, request, actor, (by) => addSchedule(deps, understood(Added, body), by), body),
    )
  for (const [noun, act] of Object.entries(FORMS))
    app.post(`/schedules/:id/${noun}`, async ({ actor, params, request, body }) => {
      mayManage(actor)
      await scheduleById(deps.db.read, params.id)
      return answered(deps, request, actor, (by) => act(deps, params.id, by, body))
    })
  return app
}

/** Back to the list, or the list with what was wrong and what was typed. */
async function answered(
  deps: ScheduleRoutesDeps,
  request: Request,
  actor: Actor,
  act: (by: string) => Promise<unknown>,
  typed?: unknown,
): Promise<Response> {
  const by = mayManage(actor)
  try {
    await act(by)
    return new Response(null, { status: 303, headers: { location: '/schedules' } })
  } catch (error) {
    if (error instanceof DomainError) return schedulesPage(deps, request, actor, { error, typed })
    throw error
  }
}

async function schedulesPage(
  deps: ScheduleRoutesDeps,
  request: Request,
  actor: Actor,
  { error, typed = {} }: { error?: DomainError; typed?: unknown } = {},
): Promise<Response> {
  mayManage(actor)
  const [shell, schedules] = [await deps.shell(actor, 'Schedules'), await scheduleViews(deps.db.read, deps.now())]
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  const form = { timezone: timeZone, ...(typed as object) }
  const data = { shell, schedules, kinds: schedulableKinds(deps), form, error: error ?? null }
  return page(request, 'ops/schedules', data, { status: error ? statusOf(error) : 200 })
}

async function shown({ db, now }: JobsDeps, schedule: Schedule) {
  const last = schedule.lastJob === null ? undefined : await jobById(db.read, schedule.lastJob)
  return { schedule: scheduleView(schedule, last, now()) }
}

/** Who acts, for the log. @throws Forbidden `owner_only` */
function mayManage(actor: Actor): string {
  if (!actor.scopes.includes('admin'))
    throw new Forbidden('owner_only', 'Only the owner looks after schedules. Ask for what you need.')
  return `person:${actor.id}`
}
