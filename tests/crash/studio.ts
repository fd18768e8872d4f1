import { expect } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asc, sql } from 'drizzle-orm'
import { readServer } from '../../src/accounts/local.ts'
import { openDatabase, type Reader } from '../../src/db/open.ts'
import { events } from '../../src/events/tables.ts'
import { attempts } from '../../src/jobs/tables.ts'
import { demoProject } from '../../src/llm/demo/project.ts'
import { startTimeOf } from '../../src/sandbox/start-time.ts'
import { type Client, openClient, type Reading, type WireLine } from '../support/client.ts'
import { silent } from '../support/database.ts'
import { dataDirectory, type RunningServer, startServer } from '../support/server.ts'

const TERMINAL = /^job\.(succeeded|failed|cancelled)$/

/** A data directory with a server that dies and comes back, and one reader of one project who reconnects each time. */
export interface Studio extends AsyncDisposable {
  data: string
  server(): RunningServer
  client(): Client
  project: string
  /** All that the reader has been sent, over all of its connections. */
  lines: WireLine[]
  /** What came since the last start. */
  now(): Reading
  /** Starts the server (again) and the reader with it. Resolves with the ms until a job runs. */
  start(env?: Record<string, string>): Promise<number>
  kill(): Promise<void>
  /** Waits for the end of all work. */
  done(): Promise<void>
}

/** Begins a project on a new server. */
export async function studio(brief: string, env: Record<string, string>): Promise<Studio> {
  const directory = dataDirectory()
  let server: RunningServer
  let client: Client
  let reading: Reading | undefined
  const before: WireLine[] = []

  async function open(settings: Record<string, string>): Promise<void> {
    server = await startServer({ data: directory.path, env: settings })
    const { url, secret } = readServer(directory.path)!
    client = openClient(url, secret)
  }

  async function watch(): Promise<void> {
    const after = before.findLast(({ seq }) => seq !== undefined)?.seq ?? 0
    reading = await client.follow(`/api/projects/${one.project}/events?after=${after}`)
  }

  const one: Studio = {
    data: directory.path,
    server: () => server,
    client: () => client,
    now: () => reading!,
    project: '',
    get lines() {
      return [...before, ...(reading?.lines ?? [])]
    },
    async start(settings = {}) {
      const asked = performance.now()
      await open({ ...QUICK, ...settings })
      await watch()
      await reading!.until(({ type }) => type === 'job.started' || type === 'state', 'work')
      return Math.round(performance.now() - asked)
    },
    async kill() {
      await server.kill()
      await reading!.over
      before.push(...reading!.lines)
      reading = undefined
    },
    async done() {
      await reading!.until(({ type }) => type === 'end', 'its end')
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      directory[Symbol.dispose]()
    },
  }
  await open(env)
  const created = await client!.post('/api/projects', { brief, tier: 'low' })
  one.project = ((await created.json()) as { project: { id: string } }).project.id
  await watch()
  return one
}

const QUICK = { HEARTH_DEMO_BYTES_PER_SECOND: '200000', HEARTH_SKETCH_STEP_MS: '0' }

/** The job of the task that makes `path`. */
export function jobOf({ lines }: Pick<Studio, 'lines'>, path: string): string {
  return lines.find((line) => line.type === 'job.queued' && line.path === path)!.job!
}

/** Stops the server in order, then proves that nothing was lost, doubled or left behind. */
export async function expectWhole(one: Studio, brief: string): Promise<void> {
  const { project, tasks, files } = await one.client().json(`/api/projects/${one.project}`)
  expect(project.status).toBe('done')
  expect(tasks.filter((task: WireLine) => task.kind !== 'note' && task.status !== 'done')).toEqual([])
  const made = demoProject(brief).plan as { tasks: { kind: string; path: string | null }[] }
  const planned = made.tasks.flatMap(({ path }) => (path === null ? [] : [path]))
  expect(files.map(({ path }: WireLine) => path).sort()).toEqual(planned.sort())
  for (const { path, language } of files) if (language !== 'png') await expectAsPlanned(one, brief, path)
  expect(await one.server().stop()).toBe(0)

  expectEachOnce(one.lines)
  await using db = await openDatabase({
    url: `file:${join(one.data, 'hearth.db')}`,
    backups: join(one.data, 'backups'),
    now: Date.now,
    log: silent,
  })
  expect(await db.read.all(sql`PRAGMA integrity_check`)).toEqual([{ integrity_check: 'ok' }])
  await expectAllSeen(db.read, one)
  await expectFoldersHaveRows(db.read, one.data)
}

async function expectAsPlanned(one: Studio, brief: string, path: string): Promise<void> {
  const response = await one.client().request(`/api/projects/${one.project}/files/${path}`)
  expect(await response.text()).toBe(demoProject(brief).file(path)!)
}

/** Each durable line once and in order, each file written once, each job ended once, as the last of its lines. */
function expectEachOnce(lines: WireLine[]): void {
  const durable = lines.filter(({ seq }) => seq !== undefined)
  let last = 0
  for (const { seq, prev } of durable) {
    expect(prev).toBe(last)
    last = seq!
  }
  const written = durable.filter(({ type }) => type === 'file.written').map(({ path, version }) => `${path} ${version}`)
  expect(written.filter((each) => !each.endsWith(' 1'))).toEqual([])
  expect(new Set(written).size).toBe(written.length)
  for (const [job, own] of Map.groupBy(durable, (line) => line.job)) {
    if (job === undefined) continue
    expect(own.filter(({ type }) => TERMINAL.test(type)).map(({ type }) => type)).toEqual(['job.succeeded'])
    expect(own.at(-1)!.type).toBe('job.succeeded')
  }
}

async function expectAllSeen(read: Reader, { project, lines }: Studio): Promise<void> {
  const rows = await read
    .select({ seq: events.seq })
    .from(events)
    .where(sql`${events.scope} = ${project}`)
    .orderBy(asc(events.seq))
  expect(lines.flatMap(({ seq }) => seq ?? [])).toEqual(rows.map(({ seq }) => seq))
}

async function expectFoldersHaveRows(read: Reader, data: string): Promise<void> {
  const rows = new Set((await read.select().from(attempts)).map(({ job, attempt }) => `${job}/${attempt}`))
  const root = join(data, 'attempts')
  if (!existsSync(root)) return // nothing was rendered
  const folders = readdirSync(root).flatMap((job) => readdirSync(join(root, job)).map((attempt) => `${job}/${attempt}`))
  expect(folders.filter((folder) => !rows.has(folder))).toEqual([])
  for (const folder of folders) expect(existsSync(join(root, folder, 'process.json'))).toBe(false)
}

/** The process that renders an attempt. */
export function rendererOf(data: string, job: string, attempt: number): number {
  return JSON.parse(readFileSync(join(data, 'attempts', job, String(attempt), 'process.json'), 'utf8')).pid
}

/** ms until a process is no more. */
export async function goneAfter(pid: number): Promise<number> {
  const asked = performance.now()
  while (startTimeOf(pid) !== null && performance.now() - asked < 10_000) await Bun.sleep(5)
  return Math.round(performance.now() - asked)
}
