import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readServer } from '../../src/accounts/local.ts'
import { type Client, openClient, type Reading, type WireLine } from '../support/client.ts'
import { dataDirectory, type RunningServer, startServer } from '../support/server.ts'
import type { History } from './history.ts'
import { keptIn } from './kept.ts'
import type { Life } from './lives.ts'
import type { Connection } from './redone.ts'

export const FLUSH_MS = 100
const SERVER = ['bun', join(import.meta.dir, 'server.ts')]
const SETTINGS = {
  HEARTH_DEMO_BYTES_PER_SECOND: '40000',
  HEARTH_SKETCH_STEP_MS: '12',
  HEARTH_FLUSH_MS: String(FLUSH_MS),
  HEARTH_LOG: 'silent',
}

/** What a project is when only a person can move it on. */
const STUCK = ['held', 'failed', 'cancelled', 'paused']

/** A data directory that outlives many servers, and the people around it: they submit, read, and try again. */
export interface World extends Disposable {
  data: string
  client: Client | undefined
  acknowledged: History['acknowledged']
  /** Each reader's connections, by project. */
  readers: Map<string, Connection[]>
  /** False when the server died before it was ready. */
  start(life: Life): Promise<boolean>
  submit(brief: string): Promise<void>
  /** Retries what is held, failed or cancelled, and resumes what is paused, as a person would, and reads on. */
  restartAll(): Promise<void>
  /** Resolves when the server is dead; kills it when it has not killed itself in `ms`. True when it has. */
  death(life: Life): Promise<boolean>
  stop(): Promise<void>
  /** What the last server wrote to standard error. */
  errors(): string
  history(over: boolean): Promise<History>
}

export function openWorld(): World {
  const directory = dataDirectory()
  const data = directory.path
  let server: RunningServer | undefined
  const open = new Map<string, Reading>()

  async function follow(project: string): Promise<void> {
    const connections = world.readers.get(project) ?? []
    world.readers.set(project, connections)
    const after = connections.flatMap(({ lines }) => lines).findLast(({ seq }) => seq !== undefined)?.seq ?? 0
    const reading = await world.client!.follow(`/api/projects/${project}/events?after=${after}`)
    if (reading.status !== 200) throw new Error(`the reader of ${project} got ${reading.status}`)
    connections.push({ lines: reading.lines, times: reading.times })
    open.set(project, reading)
  }

  /** Follows again once the stream has ended with the work: now there is more. A server that has died meanwhile has no more to tell. */
  function readOn(project: string): void {
    const reading = open.get(project)
    if (reading) void reading.over.then(() => again(project, reading)).catch(() => {})
  }

  async function again(project: string, reading: Reading): Promise<void> {
    if (open.get(project) === reading) await follow(project)
  }

  async function streamsOver(): Promise<void> {
    while (open.size > 0)
      for (const [project, reading] of [...open]) {
        await reading.over
        await Bun.sleep(0)
        if (open.get(project) === reading) open.delete(project)
      }
  }

  const world: World = {
    data,
    client: undefined,
    acknowledged: [],
    readers: new Map(),
    async start(life) {
      world.client = undefined
      server = await startServer({
        data,
        env: { ...SETTINGS, CRASH_LIFE: JSON.stringify(life) },
        command: SERVER,
      }).catch((error) => {
        if (life.point) return undefined
        throw error
      })
      if (!server) return false
      const facts = readServer(data)
      if (!facts) return true // it has died since
      world.client = openClient(facts.url, facts.secret)
      await Promise.allSettled([...world.readers.keys()].map(follow))
      return true
    },
    async submit(brief) {
      const response = await world.client!.post('/api/projects', { brief, tier: 'low' })
      if (response.status !== 201) throw new Error(`the submit got ${response.status}: ${await response.text()}`)
      const { project, job } = (await response.json()) as { project: { id: string }; job: { id: string } }
      world.acknowledged.push({ project: project.id, job: job.id })
      await follow(project.id)
    },
    async restartAll() {
      for (const { id, status } of await projectsOf(world.client!)) {
        if (!STUCK.includes(status)) continue
        for (const noun of ['retry', 'resumption']) await world.client!.post(`/api/projects/${id}/${noun}`)
        readOn(id)
      }
    },
    async death({ ms, both }) {
      const byItself = await Promise.race([server!.exited.then(() => true), Bun.sleep(ms).then(() => false)])
      const children = both ? renderersIn(data) : []
      await server!.kill()
      for (const pid of children) killQuietly(pid)
      await streamsOver()
      return byItself
    },
    async stop() {
      await streamsOver() // all work is over
      await Promise.all([...world.readers.keys()].map(follow)) // and everybody may look once more
      await streamsOver()
      await server!.stop()
    },
    errors: () => server?.errors() ?? '',
    async history(over) {
      const durable = (connections: Connection[]): WireLine[] =>
        connections.flatMap(({ lines }) => lines).filter(({ seq }) => seq !== undefined)
      const told = new Map([...world.readers].map(([project, connections]) => [project, durable(connections)]))
      return { acknowledged: world.acknowledged, told, kept: await keptIn(data), over }
    },
    [Symbol.dispose]() {
      void server?.kill()
      directory[Symbol.dispose]()
    },
  }
  return world
}

const CALM: Life = { seed: 'calm', faults: false, ms: 20_000, both: false }

/** Starts a server that nobody harms, lets it end all work with what people do for it, and stops it. */
export async function endAll(world: World): Promise<void> {
  await world.start(CALM)
  const deadline = performance.now() + CALM.ms
  while ((await projectsOf(world.client!)).some(({ status }) => status !== 'done')) {
    if (performance.now() > deadline) throw new Error('not all work ends')
    await world.restartAll()
    await Bun.sleep(50)
  }
  await world.stop()
}

/** All projects, the newest first. */
export async function projectsOf(client: Client): Promise<{ id: string; status: string; brief: string }[]> {
  return (await client.json('/api/projects?limit=200')).items
}

/** The processes that work in an attempt's folder of this data directory. */
export function renderersIn(data: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${data}/attempts/`)
        const isAlive = !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
        return isOurs && isAlive ? [Number(pid)] : []
      } catch {
        return [] // ended since it was listed
      }
    })
}

/** How many it has killed. */
export function killRenderers(data: string): number {
  return renderersIn(data).filter(killQuietly).length
}

function killQuietly(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false // it has ended by itself
  }
}
