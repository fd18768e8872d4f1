import { join } from 'node:path'
import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Tx } from '../../db/writer.ts'
import { Conflict } from '../../errors.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import type { Handler, JobContext } from '../../jobs/handler.ts'
import { cancelJob, type JobsDeps } from '../../jobs/jobs.ts'
import { type Job, jobs } from '../../jobs/tables.ts'
import type { ModelFile, ModelProfile } from '../profile.ts'
import { filesOfRepo } from './hub.ts'
import { install } from './install.ts'
import { mustBeAccepted } from './licences.ts'
import { receiptOf } from './own-folder.ts'
import type { ReachDeps } from './reach.ts'
import type { ModelStore } from './store.ts'

/** One download at a time: two would only share the line. */
export const FETCH = 'fetch'
export const FETCH_MODEL = 'fetch-model'
export const CHECK_MODEL = 'check-model'

/** How often progress is told, ms, and over how long the speed is looked at. */
const TOLD_MS = 500
const SPEED_MS = 10_000

const OPEN = ['queued', 'running', 'paused', 'held'] as const

export interface FetchDeps extends JobsDeps, ReachDeps {
  modelStore: ModelStore
  awake: () => number
}

interface FetchInput {
  profile: ModelProfile
}

/** Starts the download of a model whose licence this person has accepted; while one is under way, that is it. @throws Conflict `licence_needed` */
export async function fetchModel(deps: FetchDeps, profile: ModelProfile, by: string): Promise<Job> {
  await mustBeAccepted(deps.db.read, profile, by)
  return deps.db.write(async (tx) => {
    const open = await openJobOf(tx, FETCH_MODEL, profile.id)
    return open ?? enqueue(deps, tx, { kind: FETCH_MODEL, input: { profile }, by, about: { title: profile.label } })
  })
}

/** Reads all of a model again, to see whether it still holds what it did. */
export async function checkModel(deps: FetchDeps, id: string, by: string): Promise<Job> {
  const { profile } = deps.modelStore.model(id)
  return deps.db.write(async (tx) => {
    const open = await openJobOf(tx, CHECK_MODEL, id)
    return open ?? enqueue(deps, tx, { kind: CHECK_MODEL, input: { profile }, by, about: { title: profile.label } })
  })
}

/** The newest job of each model, by the model's id: downloads and checks. */
export async function modelJobs({ db }: Pick<FetchDeps, 'db'>): Promise<Map<string, Job>> {
  const rows = await db.read
    .select()
    .from(jobs)
    .where(inArray(jobs.kind, [FETCH_MODEL, CHECK_MODEL]))
    .orderBy(jobs.createdAt, jobs.id)
  return new Map(rows.map((job) => [(job.input as FetchInput).profile.id, job]))
}

/** Ends all that is being done to a model, or waits to be. What has it in its hands lets go soon after: see `Alone`. */
export async function endModelJobs(deps: Pick<FetchDeps, 'db'> & JobsDeps, id: string, by: string): Promise<void> {
  const open = await deps.db.read
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(inArray(jobs.kind, [FETCH_MODEL, CHECK_MODEL]), isOpenOf(id)))
  for (const job of open)
    await cancelJob(deps, job.id, by).catch((error) => {
      if (!(error instanceof Conflict)) throw error // it has ended meanwhile
    })
}

async function openJobOf(tx: Tx, kind: string, id: string): Promise<Job | undefined> {
  const [job] = await tx
    .select()
    .from(jobs)
    .where(and(eq(jobs.kind, kind), isOpenOf(id)))
  return job
}

function isOpenOf(id: string) {
  return and(inArray(jobs.state, [...OPEN]), sql`json_extract(${jobs.input}, '$.profile.id') = ${id}`)
}

/** The jobs that download models, and that read them again. */
export function modelHandlers(deps: FetchDeps): Handler[] {
  const downloading: Handler<FetchInput> = {
    kind: FETCH_MODEL,
    lane: FETCH,
    run: (ctx) => deps.modelStore.alone(ctx.input.profile.id, () => fetching(deps, ctx)),
  }
  const checking: Handler<FetchInput> = {
    kind: CHECK_MODEL,
    lane: FETCH,
    run: async (ctx) => ({ result: await check(deps, ctx) }),
  }
  return [downloading, checking] as Handler[]
}

async function fetching(deps: FetchDeps, ctx: JobContext<FetchInput>) {
  const { profile } = ctx.input
  await ctx.phase('fetch')
  const files = await ctx.step('files', () => wantedFiles(deps, profile, ctx.signal))
  using told = teller(ctx, deps.awake)
  const { hosts, keyFor, silenceMs, now, modelStore: store } = deps
  const { signal, phase } = ctx
  const { heard, received } = told
  const reaching = { hosts, keyFor, ...(silenceMs && { silenceMs }) }
  const kept = await install({ ...reaching, now, store, signal, phase, heard, received }, profile, files)
  await store.scan()
  const noted = kept.filter(({ path }) => files.find((file) => file.path === path)?.sha256 === undefined)
  return { result: { model: profile.id, files: kept, notedAtFirstSight: noted.map(({ path }) => path) } }
}

async function wantedFiles(deps: FetchDeps, { repo, files }: ModelProfile, signal: AbortSignal): Promise<ModelFile[]> {
  return repo ? [...(await filesOfRepo(deps, repo, signal)), ...files] : files
}

/** What each file holds now, and which of them hold something else than when they came, or than the catalogue says. */
async function check({ modelStore: store, awake }: FetchDeps, ctx: JobContext<FetchInput>) {
  const { profile, files } = store.model(ctx.input.profile.id)
  const came = (await receiptOf(join(store.root, profile.id)))?.files ?? profile.files
  await ctx.phase('checking')
  using told = teller(ctx, awake)
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const changed: string[] = []
  let before = 0
  for (const file of files) {
    const known = wantedHash(came, file.path) ?? store.hashes.known(file)
    const found = await store.hashes.again(file, ctx.signal, (bytes) => told.heard(before + bytes, total))
    if (known !== undefined && known !== found) changed.push(file.path)
    before += file.bytes
    told.heard(before, total)
  }
  await store.scan()
  return { model: profile.id, files: files.length, bytes: total, changed }
}

function wantedHash(files: ModelFile[], path: string): string | undefined {
  return files.find((file) => path.endsWith(`/${file.path}`))?.sha256
}

/** Tells how far it is twice a second, with the speed of the last ten seconds; also what came last before a silence. */
function teller(ctx: JobContext<unknown>, awake: () => number) {
  let came = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let due: Timer | undefined
  let seen = [{ at: awake(), came: 0 }]
  const tell = (bytes: number, totalBytes: number | null) => {
    const at = awake()
    toldAt = at
    seen = [...seen.filter((each) => at - each.at < SPEED_MS), { at, came: came || bytes }]
    const [first] = seen
    const bytesPerSecond =
      at > first!.at ? Math.max(0, Math.round(((came || bytes) - first!.came) / ((at - first!.at) / 1000))) : 0
    const rest = totalBytes === null || bytesPerSecond === 0 ? null : (totalBytes - bytes) / bytesPerSecond
    ctx.transfer({ bytes, totalBytes, bytesPerSecond, etaMs: rest === null ? null : Math.round(rest * 1000) })
  }
  return {
    received(count: number) {
      came += count
    },
    heard(bytes: number, totalBytes: number | null) {
      clearTimeout(due)
      if (bytes === totalBytes || awake() - toldAt >= TOLD_MS) return tell(bytes, totalBytes)
      due = setTimeout(tell, TOLD_MS, bytes, totalBytes)
    },
    [Symbol.dispose]: () => clearTimeout(due),
  }
}
