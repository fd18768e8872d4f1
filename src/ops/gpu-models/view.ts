import type { Reader } from '../../db/open.ts'
import type { DeviceWatch } from '../../gpu/devices/watch.ts'
import type { Device } from '../../gpu/devices.ts'
import type { Installed } from '../../gpu/models/assemble.ts'
import { CHECK_MODEL, type FetchDeps, modelJobs } from '../../gpu/models/fetch-job.ts'
import { acceptedAt } from '../../gpu/models/licences.ts'
import { isOurs } from '../../gpu/models/remove.ts'
import type { ModelProfile } from '../../gpu/profile.ts'
import { TIER, type TierName } from '../../gpu/spec.ts'
import type { LiveJobs } from '../../jobs/live.ts'
import type { Job } from '../../jobs/tables.ts'
import { type JobView, jobView } from '../../projects/job-view.ts'

export interface GpuModelsDeps extends FetchDeps {
  read: Reader
  live: LiveJobs
  watch: Pick<DeviceWatch, 'now'>
  /** Memory of each device that is left alone, bytes. */
  reserveBytes: number
}

export interface GpuModelView {
  id: string
  label: string
  family: string
  kind: string
  functions: string[]
  format: string
  page: string | null
  gated: boolean
  licence: ModelProfile['licence'] & { acceptedAt: number | null }
  /** Of all its files; null: nobody says before it is downloaded. */
  bytes: number | null
  /** Files whose hash nobody has published: it is noted when they first come. */
  unhashed: string[]
  tiers: { name: TierName; vramBytes: number; vramFrom: string; fits: boolean }[]
  /** The highest tier that this machine carries; null: none, or it has no device with memory of its own. */
  tier: TierName | null
  installed: { path: string; sha256: string | null; bytes: number; ours: boolean; known: boolean } | null
  job: GpuModelJob | null
}

/** The last download or check of a model. */
export interface GpuModelJob extends JobView {
  does: 'download' | 'check'
  /** What a check found changed, or which hashes were noted at first sight. */
  changed: string[]
  noted: string[]
}

/** All models that there are, or could be. */
export async function gpuModelViews(deps: GpuModelsDeps, by: string): Promise<GpuModelView[]> {
  const jobs = await modelJobs(deps)
  const profiles = new Map(deps.modelStore.profiles().map((profile) => [profile.id, profile]))
  for (const job of jobs.values()) if (isOpenOrFailed(job)) profiles.set(...named(profiles, job))
  return Promise.all([...profiles.values()].map((profile) => viewOf(deps, profile, jobs.get(profile.id), by)))
}

/** What was added by its address is in no catalogue before it is there. */
export async function profileNamed(deps: GpuModelsDeps, id: string): Promise<ModelProfile> {
  const job = (await modelJobs(deps)).get(id)
  return job && isOpenOrFailed(job) && !deps.modelStore.profiles().some((profile) => profile.id === id)
    ? profileOf(job)
    : deps.modelStore.profile(id)
}

function isOpenOrFailed({ state }: Job): boolean {
  return state !== 'succeeded'
}

function profileOf(job: Job): ModelProfile {
  return (job.input as { profile: ModelProfile }).profile
}

function named(known: Map<string, ModelProfile>, job: Job): [string, ModelProfile] {
  const profile = profileOf(job)
  return [profile.id, known.get(profile.id) ?? profile]
}

/** @throws NotFound `unknown_model` */
export async function gpuModelView(deps: GpuModelsDeps, id: string, by: string): Promise<GpuModelView> {
  return viewOf(deps, await profileNamed(deps, id), (await modelJobs(deps)).get(id), by)
}

async function viewOf(
  deps: GpuModelsDeps,
  profile: ModelProfile,
  job: Job | undefined,
  by: string,
): Promise<GpuModelView> {
  const { id, label, family, kind, functions, format, page = null, gated, licence, files } = profile
  const found = deps.modelStore.installed().find((model) => model.profile.id === id)
  const tiers = tiersFor(profile, deps.watch.now(), deps.reserveBytes)
  return {
    ...{ id, label, family, kind, functions, format, page, gated },
    licence: { ...licence, acceptedAt: await acceptedAt(deps.read, profile, by) },
    bytes: found?.bytes ?? sizeOf(profile),
    unhashed: files.filter(({ sha256 }) => !sha256).map(({ path }) => path),
    tiers,
    tier: tiers.findLast(({ fits }) => fits)?.name ?? null,
    installed: found ? place(deps, found) : null,
    job: job ? modelJob(deps, job) : null,
  }
}

function place({ modelStore }: GpuModelsDeps, found: Installed) {
  const { path, sha256, bytes, known } = found
  return { path, sha256, bytes, known, ours: isOurs(modelStore, found) }
}

function modelJob({ live, now }: GpuModelsDeps, job: Job): GpuModelJob {
  const { changed = [], notedAtFirstSight: noted = [] } = (job.result ?? {}) as {
    changed?: string[]
    notedAtFirstSight?: string[]
  }
  return { ...jobView(job, live, now()), does: job.kind === CHECK_MODEL ? 'check' : 'download', changed, noted }
}

function sizeOf({ files, repo }: ModelProfile): number | null {
  if (repo || files.some(({ bytes }) => bytes === undefined)) return null
  return files.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
}

/** What each tier takes, and whether the largest device has as much, when nothing else is on it. */
function tiersFor({ tiers }: ModelProfile, devices: Device[], reserve: number): GpuModelView['tiers'] {
  const memory = devices.filter(({ kind }) => kind !== 'cpu').map(({ totalBytes }) => totalBytes - reserve)
  const most = Math.max(0, ...memory)
  return TIER.flatMap((name) => {
    const tier = tiers[name]
    return tier ? [{ name, vramBytes: tier.vramBytes, vramFrom: tier.vramFrom, fits: tier.vramBytes <= most }] : []
  })
}
