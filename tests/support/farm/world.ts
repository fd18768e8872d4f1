import { readServer } from '../../../src/accounts/local.ts'
import { openClient, type Reading, type WireLine } from '../client.ts'
import { pretendMemory } from '../gpu-faulty.ts'
import { dataDirectory, type RunningServer, startServer } from '../server.ts'
import { pretendCards } from './cards.ts'
import { furnish, TOTAL } from './data.ts'
import { type FarmOrder, PROJECTS, SIDE, STEPS } from './orders.ts'

const DEVICES = ['GPU-farm-0', 'GPU-farm-1', 'GPU-farm-2', 'GPU-farm-3']
const PAGES = [
  '/',
  '/queue',
  '/gallery',
  '/gpu/models',
  '/api/queue',
  '/api/jobs?limit=50',
  '/api/artifacts',
  '/health/live',
]
const AT_ONCE = 8
const LOOK_MS = 50
/** A death of the server is no failure of who asks meanwhile. */
const AGAIN_MS = 100
const ENDS = /^job\.(succeeded|failed|cancelled|held)$/

/** A server with four pretended cards and three people, who order, read, cancel, and look at pages. */
export interface Farm extends AsyncDisposable {
  data: string
  /** The job of each order, by its number. */
  jobs: Map<number, string>
  projects: { id: string; person: number }[]
  told: Map<string, WireLine[]>
  /** Answers of 500 and above, and which way they were asked for. */
  broken: string[]
  asked: number
  deaths: number
  memory: ReturnType<typeof pretendMemory>
  devices: string[]
  order(orders: FarmOrder[]): Promise<void>
  /** Resolves when all has ended, and was told; `kills` are the ms after which the server is killed and started again. */
  work(kills: number[]): Promise<void>
  /** Asks it to stop; its exit code. */
  stop(): Promise<number | null>
  errors(): string
}

export async function openFarm(models: string[]): Promise<Farm> {
  const folder = dataDirectory()
  const data = folder.path
  const memory = pretendMemory(data, Object.fromEntries(DEVICES.map((id) => [id, TOTAL])))
  furnish(data, memory.env.HEARTH_PRETEND_MEMORY, models)
  const path = `${pretendCards(data, memory.env.HEARTH_PRETEND_MEMORY, DEVICES, TOTAL)}:${process.env.PATH}`
  let server: RunningServer
  let said = ''
  let over = false
  const start = async () => {
    server = await startServer({ data, env: { PATH: path, HEARTH_LOG: 'error' } })
    const facts = readServer(data)!
    return openClient(facts.url, facts.secret)
  }
  let owner = await start()
  const tokens: string[] = []
  const stopped = new Map<string, FarmOrder>()

  /** Asks until a server answers, as whoever the token is of; the owner without one. */
  async function ask(url: string, token?: string, body?: unknown): Promise<Response> {
    for (;;) {
      const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
      if (token) headers.authorization = `Bearer ${token}`
      const posted = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
      const answer = await owner.request(url, { ...posted, headers }).catch(() => null)
      farm.asked++
      if (answer && answer.status >= 500) farm.broken.push(`${url}: ${answer.status} ${await answer.text()}`)
      if (answer) return answer
      await Bun.sleep(AGAIN_MS)
    }
  }

  async function made<T>(url: string, token: string | undefined, body: unknown): Promise<T> {
    const answer = await ask(url, token, body)
    if (answer.status >= 300) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
    return answer.json() as Promise<T>
  }

  async function people(): Promise<void> {
    for (const [person, many] of PROJECTS.entries()) {
      const email = `person-${person}@example.com`
      await made('/api/accounts', undefined, {
        email,
        password: 'a long enough passphrase',
        ...(person > 0 && { role: 'member' }),
      })
      const { secret } = await made<{ secret: string }>('/api/tokens', undefined, { name: 'farm', account: email })
      tokens.push(secret)
      for (let i = 0; i < many; i++) {
        const { project } = await made<{ project: string }>('/api/renders', secret, { title: `Album ${person}-${i}` })
        farm.projects.push({ id: project, person })
      }
    }
  }

  async function take(one: FarmOrder): Promise<void> {
    const token = tokens[one.person]
    const project = farm.projects.filter(({ person }) => person === one.person)[one.project]!.id
    const size = { width: SIDE, height: SIDE, steps: STEPS, seed: one.n }
    const request = { prompt: one.prompt, ...size, engine: 'faulty', model: `pretended/${one.model}` }
    const { job } = await made<{ job: { id: string } }>(`/api/projects/${project}/renders`, token, { request })
    farm.jobs.set(one.n, job.id)
    if (one.stopped) stopped.set(job.id, one)
    if (one.priority !== 0) await ask(`/api/jobs/${job.id}/priority`, token, { priority: one.priority })
  }

  const ended = new Set<string>()
  function hear(line: WireLine): void {
    if (line.kind !== 'render' || !line.job) return
    if (line.type === 'job.started') {
      ended.delete(line.job)
      if (stopped.has(line.job)) void ask(`/api/jobs/${line.job}/cancellation`, undefined, {})
    }
    if (!ENDS.test(line.type)) return
    if (line.error?.code === 'crashed_server') void ask(`/api/jobs/${line.job}/retry`, undefined, {})
    else ended.add(line.job)
  }

  /** Reads one project's stream on and on, over all servers. */
  async function read(project: string): Promise<void> {
    const lines = farm.told.get(project) ?? []
    farm.told.set(project, lines)
    for (let last = false; !last; ) {
      last = over
      const after = lines.at(-1)?.seq ?? 0
      const reading = await owner.follow(`/api/projects/${project}/events?after=${after}`).catch(() => null)
      if (reading) await drain(reading, lines)
      if (!last) await Bun.sleep(LOOK_MS)
    }
  }

  async function drain(reading: Reading, lines: WireLine[]): Promise<void> {
    let at = 0
    for (let open = true; open; ) {
      open = await Promise.race([reading.over.then(() => false), Bun.sleep(LOOK_MS).then(() => true)])
      for (; at < reading.lines.length; at++) {
        const line = reading.lines[at]!
        if (line.seq === undefined) continue
        lines.push(line)
        hear(line)
      }
    }
  }

  async function look(): Promise<void> {
    const all = [...PAGES, ...farm.projects.map(({ id }) => `/projects/${id}`)]
    for (let i = 0; !over; i++) {
      const jobs = [...farm.jobs.values()]
      const url = i % 3 === 0 && jobs.length > 0 ? `/jobs/${jobs[i % jobs.length]}` : all[i % all.length]!
      await (await ask(url)).arrayBuffer().catch(() => {}) // cut off by a death
      await Bun.sleep(LOOK_MS)
    }
  }

  async function die(after: number[]): Promise<void> {
    for (const ms of after) {
      await Bun.sleep(ms)
      if (over) return
      await server.kill()
      farm.deaths++
      said += server.errors()
      owner = await start()
    }
  }

  const farm: Farm = {
    data,
    jobs: new Map(),
    projects: [],
    told: new Map(),
    broken: [],
    asked: 0,
    deaths: 0,
    memory,
    devices: DEVICES,
    async order(orders) {
      const left = [...orders]
      const takeAll = async () => {
        for (let one = left.shift(); one; one = left.shift()) await take(one)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, takeAll))
    },
    async work(kills) {
      const reads = farm.projects.map(({ id }) => read(id))
      const others = [look(), die(kills)]
      while (ended.size < farm.jobs.size) await Bun.sleep(LOOK_MS)
      over = true
      await Promise.all([...reads, ...others])
    },
    async stop() {
      const code = await server.stop()
      said += server.errors()
      return code
    },
    errors: () => said,
    async [Symbol.asyncDispose]() {
      over = true
      await server.kill()
      for (const pid of DEVICES.flatMap(memory.holders)) process.kill(pid, 'SIGKILL')
      folder[Symbol.dispose]()
    },
  }
  await people()
  return farm
}
