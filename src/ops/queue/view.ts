import { and, desc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import type { DeviceWatch } from '../../gpu/devices/watch.ts'
import type { DevicePool } from '../../gpu/leases.ts'
import type { LiveJobs } from '../../jobs/live.ts'
import { orderOf } from '../../jobs/order.ts'
import { type Job, jobs } from '../../jobs/tables.ts'
import { waitOf } from '../../jobs/wait.ts'
import { askedFor } from '../../projects/job-name.ts'
import { type JobView, jobView } from '../../projects/job-view.ts'
import { projects, tasks } from '../../projects/tables.ts'

export const LANE = 'render'
/** Jobs of each other list. */
const LISTED = 50
/** How long what failed or was stopped is offered to be tried again here. */
const RECENT_MS = 24 * 3_600_000

export interface QueueDeps {
  read: Reader
  live: LiveJobs
  devices: DevicePool
  watch: Pick<DeviceWatch, 'now'>
  now: () => number
}

/** A job of the queue as its page shows it. */
export interface QueuedView {
  job: JobView
  name: string
  project: { id: string; title: string } | null
  owner: string
  /** The device on which it runs. */
  device: string | null
  deviceName: string | null
  /** Why it does not run, for one that can't start yet. */
  waits: string | null
}

export interface QueuePage {
  running: QueuedView[]
  /** In the order in which they will start. */
  waiting: QueuedView[]
  /** Due later, paused, held, failed or stopped: a person may do something. */
  aside: QueuedView[]
}

/** Everything that is rendered or waits for it. */
export async function queuePage({ read, live, devices, watch, now }: QueueDeps): Promise<QueuePage> {
  const at = now()
  const inLane = eq(jobs.lane, LANE)
  const running = await read
    .select()
    .from(jobs)
    .where(and(inLane, eq(jobs.state, 'running')))
    .orderBy(jobs.attemptStartedAt)
    .limit(LISTED)
  const order = await orderOf(read, LANE, at)
  const later = await read
    .select()
    .from(jobs)
    .where(and(inLane, sql`(state IN ('paused', 'held') OR (state = 'queued' AND ${gt(jobs.runAt, at)}))`))
    .orderBy(desc(jobs.createdAt))
    .limit(LISTED)
  const ended = await read
    .select()
    .from(jobs)
    .where(and(inLane, inArray(jobs.state, ['failed', 'cancelled']), gt(jobs.endedAt, at - RECENT_MS)))
    .orderBy(desc(jobs.endedAt))
    .limit(LISTED)
  const places = new Map(devices.held().map(({ job, device }) => [job, device]))
  const devicesNamed = new Map(watch.now().map(({ id, name }) => [id, name]))
  const names = await namesOf(read, [...running, ...order, ...later, ...ended])
  const view = (job: Job, waits: string | null = null): QueuedView => ({
    job: jobView(job, live, at),
    name: names.get(job.id)?.name ?? job.kind,
    project: names.get(job.id)?.project ?? null,
    owner: job.owner,
    device: places.get(job.id) ?? null,
    deviceName: devicesNamed.get(places.get(job.id) ?? '') ?? null,
    waits,
  })
  const aside = await Promise.all(
    [...later, ...ended].map(async (job) =>
      view(job, whyAside((await waitOf(read, job, at))?.says, job.error?.message)),
    ),
  )
  return { running: running.map((job) => view(job)), waiting: order.map((job) => view(job)), aside }
}

/** Why it stands aside, and what went wrong before, where that is something else. */
function whyAside(says?: string, trouble?: string): string | null {
  return [...new Set([says, trouble])].filter(Boolean).join(' ') || null
}

/** What each job makes, and for which project. */
async function namesOf(read: Reader, all: Job[]) {
  const rows = await read
    .select({
      id: jobs.id,
      input: jobs.input,
      project: projects.id,
      title: projects.title,
      path: tasks.path,
      task: tasks.title,
    })
    .from(jobs)
    .leftJoin(projects, eq(projects.id, jobs.scope))
    .leftJoin(tasks, eq(tasks.job, jobs.id))
    .where(sql`jobs.id IN (SELECT value FROM json_each(${JSON.stringify(all.map(({ id }) => id))}))`)
  return new Map(
    rows.map(({ id, input, project, title, path, task }) => {
      const name = path ?? task ?? askedFor(input)
      return [id, { name, project: project === null ? null : { id: project, title: title ?? '' } }]
    }),
  )
}
