import { DomainError } from '../errors.ts'
import type { Device } from '../gpu/devices.ts'
import type { DevicePool } from '../gpu/leases.ts'
import type { Rendered } from '../gpu/outcome.ts'
import type { RenderPlan } from '../gpu/plan.ts'
import { type RenderDeps, type RenderSpec, render } from '../gpu/render.ts'
import { SKETCH } from '../gpu/sketch/about.ts'
import type { Breakers } from '../jobs/breaker.ts'
import type { JobContext } from '../jobs/handler.ts'
import { endings } from './endings.ts'
import type { Order } from './order.ts'
import { planFor } from './plan-for.ts'
import { telling } from './telling.ts'

export interface OnDeviceDeps {
  devices: DevicePool
  breakers: Breakers
  render: RenderDeps
  /** What one step takes at least, ms. */
  stepMs: number
  now: () => number
}

/** What was rendered, how, on what, and how long that took, waiting left out. */
export interface OnDevice {
  rendered: Rendered
  plan: RenderPlan
  spec: RenderSpec
  device: Device
  renderMs: number
}

/** Waits for a device, plans for it and renders on it. */
export async function renderOnDevice(deps: OnDeviceDeps, ctx: JobContext<unknown>, order: Order): Promise<OnDevice> {
  const { clock, log } = deps.render
  const { hooks, mark } = telling({ log, now: deps.now, awake: clock.awake }, ctx)
  await ctx.phase('waiting for a device')
  mark('waitsAt')
  const works = ({ id }: Device) => !deps.breakers.isOpen(breakerOf(id))
  await using lease = await deps.devices.acquire(ctx.signal, { fit: works, job: ctx.job.id })
  const { device } = lease
  const plan = planFor(order, device)
  await ctx.using({ engine: plan.engine, device: device.id })
  const spec = specOf(deps, ctx, order, plan, device)
  const { pause, cancel } = endings(ctx.signal)
  const began = clock.awake()
  const work = () => render(deps.render, spec, { ...hooks, pause: pause.signal }, cancel.signal)
  const rendered = await renderGuarded(deps, device, work)
  return { rendered, plan, spec, device, renderMs: Math.round(clock.awake() - began) }
}

function specOf(
  deps: OnDeviceDeps,
  { job }: JobContext<unknown>,
  { request }: Order,
  plan: RenderPlan,
  { id, name, kind }: Device,
): RenderSpec {
  return {
    engine: plan.engine,
    function: request.function ?? 'image',
    job: job.id,
    attempt: job.attempt,
    freshAfter: job.freshAfter,
    params: plan.params,
    memory: plan.memory,
    tier: plan.tier,
    device: { id, name, kind },
    stepMs: deps.stepMs,
  }
}

/** A device on which the engine fails again and again is left alone for a while; a failure may be the picture's fault, so it counts. */
async function renderGuarded<T>({ breakers }: OnDeviceDeps, { id, name }: Device, work: () => Promise<T>): Promise<T> {
  const label = `The renderer on ${name}`
  const passage = breakers.enter({ key: breakerOf(id), label, suspectsJob: true })
  try {
    const rendered = await work()
    passage.succeeded()
    return rendered
  } catch (error) {
    throw error instanceof DomainError && error.code.startsWith('gpu_worker_') ? passage.failed(error) : error
  } finally {
    passage.left()
  }
}

function breakerOf(device: string): string {
  return `device:${device}/${SKETCH.name}`
}
