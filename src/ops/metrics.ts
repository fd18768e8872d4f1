import { count, max } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import type { Hub } from '../events/hub.ts'
import { events } from '../events/tables.ts'
import type { DeviceWatch } from '../gpu/devices/watch.ts'
import type { DevicePool } from '../gpu/leases.ts'
import type { JobState } from '../jobs/state.ts'
import { jobs } from '../jobs/tables.ts'
import { VERSION } from './version.ts'

const STATES = [
  'queued',
  'running',
  'paused',
  'held',
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly JobState[]

export interface MetricsDeps {
  db: Pick<Database, 'read' | 'stats'>
  hub: Pick<Hub, 'size'>
  /** How many jobs run in this process. */
  running: () => number
  now: () => number
  startedAt: number
  watch: Pick<DeviceWatch, 'now' | 'degraded'>
  devices: Pick<DevicePool, 'counts' | 'held'>
}

interface Metric {
  name: string
  kind: 'counter' | 'gauge'
  help: string
  /** One sample per set of labels; a plain number has none. */
  value: number | { labels: Record<string, string>; value: number }[]
}

/** What Prometheus scrapes: its text format 0.0.4. */
export async function metricsText(deps: MetricsDeps): Promise<string> {
  return `${(await metrics(deps)).flatMap(linesOf).join('\n')}\n`
}

async function metrics({ db, hub, running, now, startedAt, ...machine }: MetricsDeps): Promise<Metric[]> {
  const [byState, [last]] = await Promise.all([
    db.read.select({ state: jobs.state, many: count() }).from(jobs).groupBy(jobs.state),
    db.read.select({ seq: max(events.seq) }).from(events),
  ])
  const states = STATES.map((state) => ({
    labels: { state },
    value: byState.find((row) => row.state === state)?.many ?? 0,
  }))
  const { commits, units, busy } = db.stats
  const memory = process.memoryUsage()
  return [
    gauge('hearth_build_info', 'What runs here.', [
      { labels: { version: VERSION, bun: Bun.version, arch: process.arch }, value: 1 },
    ]),
    gauge('hearth_jobs', 'Jobs by state.', states),
    gauge('hearth_jobs_running_here', 'Jobs that run in this process now.', running()),
    counter('hearth_events_total', 'Durable events since the beginning.', last?.seq ?? 0),
    gauge('hearth_streams_open', 'Readers of streams.', hub.size),
    counter('hearth_db_commits_total', 'Commits since the start.', commits),
    counter('hearth_db_writes_total', 'Functions that wrote, many to a commit, since the start.', units),
    counter('hearth_db_busy_total', 'Times that SQLite was busy since the start; anything but 0 is an alarm.', busy),
    ...deviceMetrics(machine),
    gauge('process_resident_memory_bytes', 'Memory in use.', memory.rss),
    gauge('process_heap_bytes', 'Memory of the JavaScript heap in use.', memory.heapUsed),
    gauge('process_start_time_seconds', 'When this process started, since the epoch.', startedAt / 1000),
    gauge('process_uptime_seconds', 'How long this process has been up.', Math.max(0, now() - startedAt) / 1000),
  ]
}

function deviceMetrics({ watch, devices }: Pick<MetricsDeps, 'watch' | 'devices'>): Metric[] {
  const held = devices.held()
  const each = (value: (id: string, free: number, total: number) => number) =>
    watch.now().map(({ id, name, kind, freeBytes, totalBytes }) => ({
      labels: { device: id, name, kind },
      value: value(id, freeBytes, totalBytes),
    }))
  return [
    gauge(
      'hearth_device_memory_free_bytes',
      'Free memory of each device, as last seen.',
      each((_, free) => free),
    ),
    gauge(
      'hearth_device_memory_total_bytes',
      'Memory of each device.',
      each((_, __, total) => total),
    ),
    gauge(
      'hearth_device_leases',
      'Jobs on each device now.',
      each((id) => held.filter(({ device }) => device === id).length),
    ),
    gauge(
      'hearth_device_degraded',
      '1 for a device that is left alone.',
      each((id) => (watch.degraded(id) ? 1 : 0)),
    ),
    gauge('hearth_device_waiting', 'Started jobs that wait for a device.', devices.counts().waiting),
  ]
}

function gauge(name: string, help: string, value: Metric['value']): Metric {
  return { name, kind: 'gauge', help, value }
}

function counter(name: string, help: string, value: Metric['value']): Metric {
  return { name, kind: 'counter', help, value }
}

function linesOf({ name, kind, help, value }: Metric): string[] {
  const samples = typeof value === 'number' ? [{ labels: {}, value }] : value
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${kind}`,
    ...samples.map((sample) => `${name}${labelsText(sample.labels)} ${sample.value}`),
  ]
}

function labelsText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '_')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
