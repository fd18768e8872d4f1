import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import type { Sample } from '../../gpu/devices/history.ts'
import type { Degraded } from '../../gpu/devices/marks.ts'
import type { DeviceWatch } from '../../gpu/devices/watch.ts'
import type { Device } from '../../gpu/devices.ts'
import type { DevicePool, Held } from '../../gpu/leases.ts'
import { tierFor } from '../../gpu/tiers.ts'
import type { LiveJobs } from '../../jobs/live.ts'
import { jobs } from '../../jobs/tables.ts'
import { askedFor } from '../../projects/job-name.ts'
import { projects, tasks } from '../../projects/tables.ts'
import { type Chart, chartOf } from './chart.ts'

/** Waiting renders that are named. */
const NAMED = 5

export interface DevicesDeps {
  read: Reader
  watch: DeviceWatch
  devices: DevicePool
  live: LiveJobs
  now: () => number
}

/** A job on a device, or one that waits for one. */
export interface WorkView {
  job: string
  /** What it makes. */
  name: string
  project: { id: string; title: string } | null
}

export interface RunningView extends WorkView {
  phase: string
  step: number
  steps: number
  etaMs: number | null
  /** When the device was leased. */
  since: number
  profile: string | null
}

export interface DeviceView extends Device {
  vendor: string
  /** Of the models of the Stable Diffusion family, with what is free now. */
  tier: string
  degraded: Pick<Degraded, 'why' | 'pid' | 'name' | 'since'> | null
  running: RunningView[]
  history: Sample[]
}

/** A device as its page draws it. */
export interface ShownDevice extends DeviceView {
  chart: Chart | null
  /** Of its element: letters, digits and dashes alone, for a selector. */
  tag: string
}

export interface DevicesPage {
  items: ShownDevice[]
  /** How many renders wait in the queue, and the first of them. */
  waiting: { count: number; first: WorkView[] }
  troubles: string[]
}

const VENDORS: Readonly<Record<Device['kind'], string>> = {
  cuda: 'NVIDIA',
  rocm: 'AMD',
  xpu: 'Intel',
  mps: 'Apple',
  cpu: 'Processor',
}

/** All devices as they are now, with what runs on them and what waits for one. */
export async function devicesPage(deps: DevicesDeps): Promise<DevicesPage> {
  const held = deps.devices.held()
  const [running, waiting] = await Promise.all([worksOf(deps.read, jobsIn(held)), waitingFor(deps)])
  const items = deps.watch.now().map((device) => {
    const view = deviceView(deps, device, held, running)
    return { ...view, chart: chartOf(view, deps.now()), tag: device.id.replaceAll(/[^\w-]/g, '-') }
  })
  return { items, waiting, troubles: deps.watch.troubles() }
}

function deviceView(
  { watch, live }: DevicesDeps,
  device: Device,
  held: Held[],
  works: Map<string, WorkView>,
): DeviceView {
  const own = held.filter((one) => one.device === device.id)
  const mark = watch.degraded(device.id)
  return {
    ...device,
    vendor: VENDORS[device.kind],
    tier: tierFor(device).name,
    degraded: mark && { why: mark.why, pid: mark.pid, name: mark.name, since: mark.since },
    running: own.flatMap(({ job, since, profile }) => {
      const work = works.get(job ?? '')
      if (!work) return []
      const { draft, etaMs = null } = live.view(job ?? '') ?? {}
      const far = { phase: draft?.phase ?? '', step: draft?.step ?? 0, steps: draft?.steps ?? 0, etaMs }
      return [{ ...work, since, profile, ...far }]
    }),
    history: watch.history(device.id),
  }
}

function jobsIn(held: Held[]): string[] {
  return held.flatMap(({ job }) => job ?? [])
}

/** What jobs make, by their ids. */
async function worksOf(read: Reader, ids: string[]): Promise<Map<string, WorkView>> {
  if (ids.length === 0) return new Map()
  const rows = await read
    .select({
      id: jobs.id,
      kind: jobs.kind,
      input: jobs.input,
      project: projects.id,
      projectTitle: projects.title,
      path: tasks.path,
      title: tasks.title,
    })
    .from(jobs)
    .leftJoin(projects, eq(projects.id, jobs.scope))
    .leftJoin(tasks, eq(tasks.job, jobs.id))
    .where(inArray(jobs.id, ids))
  return new Map(
    rows.map(({ id, kind, input, project, projectTitle, path, title }) => {
      const name = path ?? title ?? askedFor(input) ?? kind
      return [id, { job: id, name, project: project === null ? null : { id: project, title: projectTitle ?? '' } }]
    }),
  )
}

/** Renders that are due in the queue, or hold a place there and wait for a device. */
async function waitingFor({ read, devices, now }: DevicesDeps): Promise<DevicesPage['waiting']> {
  const due = and(eq(jobs.state, 'queued'), eq(jobs.lane, 'render'), sql`${jobs.runAt} <= ${now()}`)
  const [counted, first] = await Promise.all([
    read.select({ count: sql<number>`count(*)` }).from(jobs).where(due),
    read.select({ id: jobs.id }).from(jobs).where(due).orderBy(sql`priority DESC, run_at`).limit(NAMED),
  ])
  const ids = [...devices.waiting(), ...first.map(({ id }) => id)].slice(0, NAMED)
  const works = await worksOf(read, ids)
  const count = (counted[0]?.count ?? 0) + devices.counts().waiting
  return { count, first: ids.flatMap((id) => works.get(id) ?? []) }
}
