import { sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import type { Device } from '../gpu/devices.ts'
import type { Lowering, RenderPlan, RenderRequest } from '../gpu/plan.ts'
import { planRender } from '../gpu/planner.ts'
import { factsFor, type PlannerDeps } from '../gpu/planner-deps.ts'
import { TIER, type TierName } from '../gpu/spec.ts'
import { parseTierWish, type TierWish } from '../gpu/tiers.ts'
import type { Project } from '../projects/tables.ts'
import { seconds } from '../web/format.ts'
import { type OwnMemoryDeps, withOwn } from './own-memory.ts'
import type { NewRender } from './request.ts'
import { resolveInput } from './uploads/inputs.ts'

/** The renders of late that say how long one takes. */
const LATE = 20

export interface PreflightDeps extends PlannerDeps {
  render: PlannerDeps['render'] & OwnMemoryDeps['render']
  read: Reader
  watch: { now(): Device[] }
  devices: { counts(): { slots: number } }
}

/** How it would be done at one tier. */
export interface Alternative {
  tier: TierName
  fits: boolean
  /** Null where it does not fit. */
  steps: number | null
  /** Of the work itself, ms; null: nobody knows yet. */
  expectMs: number | null
  lowered: Lowering[]
  /** Why so, or why not. */
  reason: string
}

/** What would become of a render, were it asked for now. */
export interface Preflight {
  fits: boolean
  plan: RenderPlan | null
  device: { id: string; name: string } | null
  /** Why it is done so, or why it can't be. */
  reason: string
  /** The code of why it can't be. */
  code: string | null
  alternatives: Alternative[]
  /** Renders that are before it, and about how long they take, ms; null: nobody knows yet. */
  queue: { before: number; waitMs: number | null }
}

/** Whether a render fits, how long it would take, and what would be lowered: by the device that would do it best. */
export async function preflight(deps: PreflightDeps, request: RenderRequest, tier: TierWish): Promise<Preflight> {
  const best = bestOn(deps, request, tier)
  const failed = best instanceof DomainError
  return {
    fits: !failed,
    plan: failed ? null : best.plan,
    device: failed ? null : { id: best.device.id, name: best.device.name },
    reason: failed ? best.message : best.plan.reason,
    code: failed ? best.code : null,
    alternatives: alternativesOf(deps, request),
    queue: await queueOf(deps),
  }
}

/** The same of what somebody asks for in a project, whose tier holds where they name none. */
export async function preflightOf(
  deps: PreflightDeps & { blobs: Blobs },
  { request, inputs }: Pick<NewRender, 'request' | 'inputs'>,
  project: Project | null,
): Promise<Preflight> {
  const names = Object.keys(inputs)
  const init = request.function === 'upscale' && project ? inputs.init : undefined
  const { width, height } = init ? await resolveInput(deps, project!.id, init, ['picture']) : {}
  const given = width && height ? { given: { width, height } } : {}
  const asked = {
    ...request,
    prompt: request.prompt || 'a picture',
    ...given,
    ...(names.length > 0 ? { inputs: names } : {}),
  }
  return preflight(deps, asked, parseTierWish(project?.tier ?? 'auto'))
}

/** Each tier, as if it were forced. */
export function alternativesOf(deps: Omit<PreflightDeps, 'read' | 'devices'>, request: RenderRequest): Alternative[] {
  return TIER.map((tier) => {
    const found = bestOn(deps, { ...request, tier }, tier)
    if (found instanceof DomainError)
      return { tier, fits: false, steps: null, expectMs: null, lowered: [], reason: found.message }
    const { expect, lowered, params, reason } = found.plan
    return { tier, fits: true, steps: params.steps, expectMs: expect.totalMs, lowered, reason }
  })
}

/** `fits, about 12 s`, `fits, tiling on`, `does not fit`. */
export function inWords({ fits, expectMs, lowered }: Pick<Alternative, 'fits' | 'expectMs' | 'lowered'>): string {
  if (!fits) return 'does not fit'
  const time = expectMs === null ? [] : [`about ${seconds(expectMs / 1000)}`]
  return ['fits', ...time, ...lowered.map(({ what, to }) => `${what} ${to}`)].join(', ')
}

interface Found {
  plan: RenderPlan
  device: Device
}

/** By the device that would do it best, or why none can. */
export function bestOn(
  deps: Omit<PreflightDeps, 'read' | 'devices'>,
  request: RenderRequest,
  tier: TierWish,
): Found | DomainError {
  const tried = deps.watch.now().map((device) => plannedOn(deps, request, tier, withOwn(deps, device)))
  const found = tried.filter((one): one is Found => !(one instanceof DomainError))
  return found.toSorted(better)[0] ?? tried.find((one) => one instanceof DomainError) ?? nothingThere()
}

function plannedOn(deps: PlannerDeps, request: RenderRequest, tier: TierWish, device: Device): Found | DomainError {
  try {
    return { plan: planRender(factsFor(deps, { request, tier, device })), device }
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

/** With a model before without, then the higher tier, then the one that is lowered less. */
function better({ plan: a }: Found, { plan: b }: Found): number {
  const byModel = Number(b.model !== null) - Number(a.model !== null)
  return byModel || TIER.indexOf(b.tier) - TIER.indexOf(a.tier) || a.lowered.length - b.lowered.length
}

function nothingThere(): DomainError {
  return new DomainError('gpu_no_model', 'There is no device at this moment. See “hearth doctor”.')
}

async function queueOf({ read, devices }: PreflightDeps): Promise<Preflight['queue']> {
  const [row] = await read.all<{ before: number; ms: number | null }>(sql`
    SELECT (SELECT count(*) FROM jobs WHERE kind = 'render' AND state IN ('queued', 'running')) AS before,
      (SELECT avg(ms) FROM (SELECT ended_at - at AS ms FROM render_attempts
        WHERE outcome = 'succeeded' ORDER BY ended_at DESC LIMIT ${LATE})) AS ms`)
  const { before, ms } = row!
  const slots = Math.max(1, devices.counts().slots)
  if (before === 0) return { before, waitMs: 0 }
  return { before, waitMs: ms === null ? null : Math.round((before / slots) * ms) }
}
