import { Elysia } from 'elysia'
import { z } from 'zod'
import { Invalid } from '../../errors.ts'
import { type JobsDeps, jobById } from '../../jobs/jobs.ts'
import { orderOf, placeJob } from '../../jobs/order.ts'
import { moverOf } from '../../projects/jobs/moving.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import type { Lasting } from '../../web/lasting.ts'
import { type PageData, page } from '../../web/page.ts'
import type { LivePage } from '../live-page.ts'
import { QUEUE_SAYS } from './answers.ts'
import { LANE, type QueueDeps, queuePage } from './view.ts'

export interface QueueRoutesDeps extends QueueDeps, JobsDeps {
  door: Guard
  lasting: Lasting
  queueFeed: LivePage
  /** What the layout draws around a page of this person. */
  shell: (actor: Actor, title: string) => Promise<PageData['shell']>
}

const Place = z.object({ before: z.string('takes the id of a job, or null').max(64).nullable() })

/** What the page's forms send: a job and where it goes, by a word or before another. */
const Move = z.object({
  job: z.string().max(64),
  way: z.enum(['first', 'up', 'down', 'last']).optional(),
  before: z.string().max(64).optional(),
})

/** The page of what is rendered and what waits, live, and the place of a job in it. */
export const queueRoutes = (deps: QueueRoutesDeps) =>
  new Elysia({ name: 'queue' })
    .use(deps.door)
    .get('/api/queue', () => queuePage(deps), QUEUE_SAYS.show)
    .post(
      '/api/jobs/:id/place',
      async ({ params, body, actor, set }) => {
        set.status = 202
        return { job: await placeJob(deps, params.id, body.before, await moverOf(deps.read, params.id, actor)) }
      },
      { body: Place, transform: async ({ params }) => void (await jobById(deps.read, params.id)), ...QUEUE_SAYS.place },
    )
    .get('/queue', async ({ request, actor }) => {
      const shell = await deps.shell(actor, 'Queue')
      return page(request, 'ops/queue', { ...(await queuePage(deps)), shell, stream: '/queue/stream' })
    })
    .get('/queue/stream', ({ request }) => deps.queueFeed.open(deps.lasting.watch(request)))
    .post(
      '/queue/moves',
      async ({ body: { job, way, before }, actor }) => {
        const by = await moverOf(deps.read, job, actor)
        const target = way ? await targetOf(deps, job, way) : (before ?? '') || null
        if (target !== job) await placeJob(deps, job, target, by)
        return new Response(null, { status: 303, headers: { location: '/queue' } })
      },
      { body: Move },
    )

/** Before which job one goes that is moved by a word; itself where it can't go further. */
async function targetOf({ read, now }: QueueRoutesDeps, id: string, way: NonNullable<z.infer<typeof Move>['way']>) {
  await jobById(read, id)
  const ids = (await orderOf(read, LANE, now())).map((job) => job.id)
  const at = ids.indexOf(id)
  if (at < 0)
    throw new Invalid('bad_place', 'The job does not wait in the queue any more.', { context: { field: 'job' } })
  if (way === 'first') return ids[0]!
  if (way === 'last') return null
  if (way === 'up') return ids[at - 1] ?? id
  return at === ids.length - 1 ? id : (ids[at + 2] ?? null)
}
