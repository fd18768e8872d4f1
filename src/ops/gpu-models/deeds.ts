import { z } from 'zod'
import { Forbidden } from '../../errors.ts'
import { checkModel, endModelJobs, fetchModel } from '../../gpu/models/fetch-job.ts'
import { acceptLicence } from '../../gpu/models/licences.ts'
import { profileOfUrl, removeModel } from '../../gpu/models/remove.ts'
import type { Job } from '../../jobs/tables.ts'
import type { Actor } from '../../web/guard.ts'
import { type GpuModelsDeps, profileNamed } from './view.ts'

/** For a download that was cancelled to let go: it copies a large file to its end. */
const LETTING_GO_MS = 15_000

export const FetchBody = z.object({ acceptLicence: z.boolean('takes true or false').default(false) }).nullish()
export const AddBody = z.object({
  url: z.string('takes an address').max(2_000),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'takes 64 hexadecimal digits')
    .optional(),
  acceptLicence: z.boolean('takes true or false').default(false),
})

/** Who does it, as jobs and licences name them. @throws Forbidden `owner_only` */
export function mayManage(actor: Actor): string {
  if (!actor.scopes.includes('admin'))
    throw new Forbidden('owner_only', 'Only the owner sets up models. Ask for what you need.')
  return `person:${actor.id}`
}

/** Notes that the licence is accepted, if that was said, and starts the download. @throws NotFound `unknown_model`; Conflict `licence_needed` */
export async function fetchAs(deps: GpuModelsDeps, id: string, by: string, accepts: boolean): Promise<Job> {
  const profile = await profileNamed(deps, id)
  if (accepts) await acceptLicence(deps, profile, by)
  return fetchModel(deps, profile, by)
}

/** @throws Invalid `bad_address`, `download_host`; Conflict `licence_needed` */
export async function addAs(
  deps: GpuModelsDeps,
  { url, sha256, acceptLicence: accepts }: z.infer<typeof AddBody>,
  by: string,
): Promise<Job> {
  const profile = profileOfUrl(url.trim(), sha256, deps.hosts)
  if (accepts) await acceptLicence(deps, profile, by)
  return fetchModel(deps, profile, by)
}

/** @throws NotFound `unknown_model` */
export async function acceptAs(deps: GpuModelsDeps, id: string, by: string): Promise<void> {
  await acceptLicence(deps, await profileNamed(deps, id), by)
}

/** @throws NotFound `unknown_model` */
export function checkAs(deps: GpuModelsDeps, id: string, by: string): Promise<Job> {
  return checkModel(deps, id, by)
}

/** Removes a model, or what is there of one; what is being done to it is ended first. @throws NotFound `unknown_model`; Conflict `not_ours`, `model_busy` */
export async function removeAs(deps: GpuModelsDeps, id: string, by: string): Promise<void> {
  await profileNamed(deps, id)
  const { modelStore } = deps
  await endModelJobs(deps, id, by)
  await modelStore.alone(id, () => removeModel(modelStore, id), LETTING_GO_MS)
}
