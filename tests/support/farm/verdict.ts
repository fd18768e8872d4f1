import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asc } from 'drizzle-orm'
import { lookAt } from '../../../src/db/look.ts'
import { decodePng } from '../../../src/gpu/png.ts'
import { type RenderAttempt, renderAttempts } from '../../../src/gpu/render-attempt-rows.ts'
import { attempts, type Job, jobs } from '../../../src/jobs/tables.ts'
import { resultName } from '../../../src/studio/result-names.ts'
import { type Artifact, artifacts } from '../../../src/studio/tables.ts'
import { violations } from '../../crash/history.ts'
import { keptIn } from '../../crash/kept.ts'
import { sha256 } from '../blobs.ts'
import { processesOf } from '../gpu-faulty.ts'
import { type FarmOrder, HELD_FOR_MEMORY, pictureOf } from './orders.ts'
import type { Farm } from './world.ts'

type AttemptRow = typeof attempts.$inferSelect

/** All rows that renders are made of, once no server runs. */
export interface Books {
  jobs: Job[]
  attempts: AttemptRow[]
  renders: RenderAttempt[]
  artifacts: Artifact[]
}

export async function booksOf(data: string): Promise<Books> {
  using look = await lookAt(join(data, 'hearth.db'))
  return {
    jobs: (await look.read.select().from(jobs)).filter(({ kind }) => kind === 'render'),
    attempts: await look.read.select().from(attempts).orderBy(asc(attempts.job), asc(attempts.attempt)),
    renders: await look.read
      .select()
      .from(renderAttempts)
      .orderBy(asc(renderAttempts.job), asc(renderAttempts.attempt)),
    artifacts: await look.read.select().from(artifacts),
  }
}

/** Everything that is wrong, in words, after all orders have ended and the server has stopped. */
export async function wrongs(farm: Farm, orders: FarmOrder[], books: Books): Promise<string[]> {
  const acknowledged = orders.map(({ n, person, project }) => ({
    project: farm.projects.filter((one) => one.person === person)[project]!.id,
    job: farm.jobs.get(n)!,
  }))
  const kept = await keptIn(farm.data)
  return [
    ...violations({ acknowledged, told: farm.told, kept, over: true }),
    ...farm.broken,
    ...(books.jobs.length === orders.length ? [] : [`${orders.length} orders became ${books.jobs.length} jobs`]),
    ...orders.flatMap((order) => wrongEnd(farm, order, books)),
    ...wrongRenders(books),
    ...wrongResults(farm.data, books.artifacts),
    ...leftOver(farm, books),
    ...overcommitted(farm, orders, books),
  ]
}

function wrongEnd(farm: Farm, order: FarmOrder, { jobs, attempts, renders, artifacts }: Books): string[] {
  const job = jobs.find(({ id }) => id === farm.jobs.get(order.n))
  if (!job) return [`“${order.prompt}” is no job`]
  const own = attempts.filter((one) => one.job === job.id)
  const tries = own.map(({ outcome, error }) => `${outcome} ${error?.code ?? ''}`).join(', ')
  const name = `“${order.prompt}” (${job.state} ${job.error?.code ?? ''}; ${tries})`
  const runs = renders.filter((one) => one.job === job.id)
  const { state, codes } = order.fault === 'oom' && hasNothingLeft(runs.at(-1)) ? HELD_FOR_MEMORY : order.fate
  const wrong: string[] = []
  if (job.state !== state) wrong.push(`${name} had to be ${state}`)
  if (state !== 'cancelled' && !codes.includes(job.error?.code ?? null)) wrong.push(`${name} ends with another reason`)
  if (state === 'held' && order.fault === 'oom') {
    const { needBytes, freeBytes, totalBytes } = (job.error?.context ?? {}) as Record<string, unknown>
    if (![needBytes, freeBytes, totalBytes].every(Number.isFinite)) wrong.push(`${name} is held without the figures`)
  }
  const met = runs.find(({ outcome }) => !WAITED.includes(outcome ?? ''))
  const lost = own.some(({ outcome }) => outcome === 'lost')
  if (!lost && !order.stopped && met?.outcome !== (order.first ?? 'succeeded'))
    wrong.push(`${name}: its first attempt was to end as ${order.first ?? 'succeeded'}, and is ${met?.outcome}`)
  const made = artifacts.find((one) => one.job === job.id)
  if (made) {
    const { pixels } = decodePng(readFileSync(join(farm.data, 'blobs', made.hash.slice(0, 2), made.hash)))
    if (!Buffer.from(pixels.subarray(0, 32)).equals(pictureOf(order))) wrong.push(`${name} is another picture`)
  }
  return wrong
}

/** Planned where others held memory, it may have begun with all savings there are: then nothing is left to be lowered. */
function hasNothingLeft(last: RenderAttempt | undefined): boolean {
  return last?.outcome === 'gpu_out_of_memory' && last.plan.ahead.every((rung) => rung <= last.rung)
}

/** A device that was asked for more than it had left, and by which attempts. */
function overcommitted(farm: Farm, orders: FarmOrder[], { renders }: Books): string[] {
  const hungry = new Set(orders.filter(({ fault }) => fault === 'oom').map(({ n }) => farm.jobs.get(n)))
  return farm.devices.filter(farm.memory.overcommitted).map((id) => {
    const tries = renders.filter(
      (one) => one.device === id && one.outcome === 'gpu_out_of_memory' && !hungry.has(one.job),
    )
    const said = tries.map(({ job, attempt, at, freeBytes, plan }) =>
      JSON.stringify({ job, attempt, at, freeBytes, needs: plan.needBytes, memory: plan.memory }),
    )
    const book = readFileSync(join(farm.data, 'memory', id, 'overcommitted'), 'utf8')
    return `${id} was asked for more than it had left: ${book} ${said.join(' ')}`
  })
}

/** What puts an attempt off before it has reached its renderer. */
const WAITED = ['circuit_open', 'gpu_will_not_fit']

/** Each attempt that got a device is told whole, and tells the same as the job's own. */
function wrongRenders({ renders, attempts, jobs }: Books): string[] {
  const byKey = new Map(attempts.map((one) => [`${one.job}/${one.attempt}`, one]))
  const states = new Map(jobs.map(({ id, state }) => [id, state]))
  return renders.flatMap((one) => {
    const key = `${one.job}/${one.attempt}`
    const own = byKey.get(key)
    if (!own) return [`render ${key} belongs to no attempt`]
    const wrong = one.endedAt !== null ? [] : [`render ${key} is open, its attempt was ${own.outcome}`]
    if ((one.outcome === 'succeeded') !== (own.outcome === 'succeeded'))
      wrong.push(`render ${key} is ${one.outcome}, its attempt was ${own.outcome} (job ${states.get(one.job)})`)
    if (own.error && one.outcome !== 'lost' && own.error.code !== one.outcome)
      wrong.push(`render ${key} says ${one.outcome}, its attempt ${own.error.code}`)
    return wrong
  })
}

/** The folder of results has each artifact with its bytes and its sidecar, and nothing else. */
function wrongResults(data: string, artifacts: Artifact[]): string[] {
  const there = new Set(filesBelow(join(data, 'results')))
  const wanted = new Map(artifacts.map((one) => [resultName(one), one]))
  return [
    ...[...there]
      .filter((name) => !wanted.has(name.replace(/\.json$/, '')))
      .map((name) => `results/${name} belongs to no artifact`),
    ...[...wanted].flatMap(([name, { hash }]) => {
      if (!there.has(name) || !there.has(`${name}.json`)) return [`results/${name} or what is said of it is not there`]
      return sha256(readFileSync(join(data, 'results', name))) === hash ? [] : [`results/${name} has other bytes`]
    }),
  ]
}

function leftOver({ data }: Farm, { jobs }: Books): string[] {
  const folders = filesBelow(join(data, 'attempts')).map((name) => name.split('/')[0]!)
  const done = jobs.filter(({ id, state }) => state === 'succeeded' && folders.includes(id))
  const alive = processesOf(join(data, 'attempts'))
  return [
    ...done.map(({ id }) => `attempts/${id} is there, though it has succeeded`),
    ...(alive.length > 0 ? [`${alive.length} processes still run: ${alive}`] : []),
  ]
}

function filesBelow(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() || one.isSymbolicLink())
    .map((one) => join(one.parentPath, one.name).slice(root.length + 1))
}
