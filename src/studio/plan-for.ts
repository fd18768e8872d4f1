import type { Device } from '../gpu/devices.ts'
import type { RenderPlan } from '../gpu/plan.ts'
import { SKETCH } from '../gpu/sketch/about.ts'
import { memoryPlan, renderParams } from '../gpu/spec.ts'
import { parseTier, tierFor } from '../gpu/tiers.ts'
import type { Order } from './order.ts'

/** How an order is made on a device. */
export function planFor({ request, project, task }: Order, device: Device): RenderPlan {
  const {
    steps,
    guidance,
    name: tier,
  } = tierOn(device, task || !request.tier || request.tier === 'auto' ? project.tier : request.tier)
  const {
    function: _,
    model: __,
    engine: ___,
    tier: ____,
    inputs: _____,
    loras: ______,
    controlnet: _______,
    mayLower: ________,
    ...given
  } = request
  return {
    engine: SKETCH.name,
    model: null,
    tier,
    params: renderParams.parse({ width: 768, height: 768, seed: 0, steps, guidance, ...given }),
    memory: memoryPlan.parse({}),
    lowered: [],
    needBytes: null,
    needFrom: null,
    expect: { loadMs: null, stepMs: null, decodeMs: null, totalMs: null },
    reason: `Drawn on ${device.name}.`,
    rung: 0,
    ahead: [],
  }
}

function tierOn(device: Device, name: string) {
  return name === 'auto' ? tierFor(device) : parseTier(name)
}
