import { DomainError } from '../errors.ts'
import { type Device, deviceEnv } from '../gpu/devices.ts'
import type { DevicePool, Lease } from '../gpu/leases.ts'
import type { Rendered } from '../gpu/outcome.ts'
import type { RenderPlan } from '../gpu/plan.ts'
import { learnedKeyOf } from '../gpu/planner.ts'
import { type RenderDeps, type RenderSpec, render } from '../gpu/render.ts'
import { attemptsOfRender, recordAttempt } from '../gpu/render-attempts.ts'
import { followStages, type StageClock } from '../gpu/stages.ts'
import type { JobContext } from '../jobs/handler.ts'
import { type AskedDeps, type Asking, askingOf, breakerOf, planHere, wishOf } from './asked.ts'
import { type AttemptDeps, failed, type Running, seenDevice } from './attempt.ts'
import { endings } from './endings.ts'
import type { Order } from './order.ts'
import { countOwn, type OwnMemoryDeps, withOwn } from './own-memory.ts'
import { type SpecDeps, specOf } from './spec.ts'
import { telling } from './telling.ts'

export interface OnDeviceDeps extends Omit<AskedDeps, 'engines' | 'watch'>, AttemptDeps, SpecDeps {
  devices: DevicePool
  watch: AskedDeps['watch'] & OwnMemoryDeps['watch']
  render: RenderDeps
}

/** What was rendered, how, on what, and how long that took, waiting left out. */
export interface OnDevice {
  rendered: Rendered
  plan: RenderPlan
  spec: RenderSpec
  device: Device
  renderMs: number
  stages: StageClock
  start: 'cold' | 'warm'
  peakBytes: number | null
  /** This device, where it went on from what one of another kind had begun. */
  resumedOn: string | null
}

type Ctx = JobContext<unknown>

/** Waits for a device of use, plans for what is free on it, and renders there. */
export async function renderOnDevice(deps: OnDeviceDeps, ctx: Ctx, order: Order): Promise<OnDevice> {
  const watch = { now: () => deps.watch.now().map((device) => withOwn(deps, device)) }
  const asks = { ...deps, engines: deps.render.engines, watch }
  const { awake } = deps.render.clock
  await ctx.phase('waiting for a device')
  const asking = await askingOf(asks, ctx.job, order)
  const waits = awake()
  await using lease = await deps.devices.acquire(ctx.signal, wishOf(asks, asking))
  await countOwn(deps, lease)
  const plan = planHere(asks, asking, lease.device)
  const waitedMs = awake() - waits
  const spec = specOf(deps, ctx.job, order, plan, lease.device, ctx.signal)
  spec.catch(() => {}) // heard of by the attempt, which has begun by then
  await Promise.all([
    ctx.using({ engine: plan.engine, device: lease.device.id }),
    begin(deps, ctx, asking, plan, lease, waitedMs),
  ])
  return await attempt(deps, ctx, { plan, lease, spec }) // the lease is held until it has ended
}

function begin(
  deps: OnDeviceDeps,
  { job }: Ctx,
  { order, tier }: Asking,
  plan: RenderPlan,
  lease: Lease,
  waitedMs: number,
) {
  const at = deps.now()
  const queuedMs = Math.max(0, (job.attemptStartedAt ?? at) - job.createdAt)
  const asked = { request: order.request, tier }
  const about = { job: job.id, attempt: job.attempt, device: seenDevice(lease.device) }
  return deps.db.write((tx) => recordAttempt(tx, { ...about, asked, plan, queuedMs, waitedMs, at }))
}

interface Given {
  plan: RenderPlan
  lease: Lease
  /** Being put together. */
  spec: Promise<RenderSpec>
}

async function attempt(deps: OnDeviceDeps, ctx: Ctx, { plan, lease, spec: coming }: Given): Promise<OnDevice> {
  const { awake } = deps.render.clock
  const { device } = lease
  const start = deps.learned.isWarm(plan.model) ? 'warm' : 'cold'
  const expected = deps.learned.times(learnedKeyOf(plan, device.name), start)
  const stages = followStages({ awake, expected, steps: plan.params.steps, count: plan.params.count })
  const running: Running = { job: ctx.job, plan, lease, stages, peakBytes: null }
  const hooks = telling({ log: deps.render.log, now: deps.now, awake }, ctx, stages)
  const onMemory = (_: number, peakBytes: number) => {
    running.peakBytes = Math.max(running.peakBytes ?? 0, peakBytes)
    lease.took(peakBytes)
  }
  const { pause, cancel } = endings(ctx.signal)
  const began = awake()
  const renders = { ...deps.render, expected, env: { ...deviceEnv(device), ...deps.render.env } }
  try {
    const spec = await coming
    const work = () => render(renders, spec, { ...hooks, onMemory, pause: pause.signal }, cancel.signal)
    const rendered = await guarded(deps, device, plan.engine, work)
    if (deps.render.reuse?.idle().some((one) => one.device === device.id)) lease.keep()
    const peakBytes = rendered.peakBytes ?? running.peakBytes
    if (peakBytes) lease.took(peakBytes)
    const renderMs = Math.round(awake() - began)
    const resumedOn = rendered.resumedFrom > 0 ? await otherDevice(deps, ctx, device.name) : null
    return { rendered, plan, spec, device, stages, start, peakBytes, renderMs, resumedOn }
  } catch (error) {
    throw await failed(deps, running, error, ctx.signal)
  }
}

/** The name of this device, where the attempt before was on one of another name. */
async function otherDevice({ read }: OnDeviceDeps, { job }: Ctx, name: string): Promise<string | null> {
  const before = (await attemptsOfRender(read, job.id)).findLast(({ attempt }) => attempt < job.attempt)
  return before && before.deviceName !== name ? name : null
}

/** What says that the renderer itself, or its device, is of no use. */
function blamesDevice(error: unknown): error is DomainError {
  return error instanceof DomainError && (error.code.startsWith('gpu_worker_') || error.code === 'gpu_device_fatal')
}

/** A device on which the engine fails again and again is left alone for a while; a failure may be the picture's fault, so it counts. */
async function guarded<T>(
  { breakers }: OnDeviceDeps,
  { id, name }: Device,
  engine: string,
  work: () => Promise<T>,
): Promise<T> {
  const label = `The renderer on ${name}`
  const passage = breakers.enter({ key: breakerOf(id, engine), label, suspectsJob: true })
  try {
    const made = await work()
    passage.succeeded()
    return made
  } catch (error) {
    throw blamesDevice(error) ? passage.failed(error) : error
  } finally {
    passage.left()
  }
}
