import { closeLost } from '../gpu/render-attempts.ts'
import type { Done, Handler, JobContext } from '../jobs/handler.ts'
import { isTerminal } from '../jobs/state.ts'
import { refreshStatus } from '../projects/projects.ts'
import { type KeepDeps, keepMade, putAway } from './keep.ts'
import { type OnDevice, type OnDeviceDeps, renderOnDevice } from './on-device.ts'
import { type Order, orderOf, type RenderInput, withGiven } from './order.ts'
import { type KeptOutput, keepOutputs } from './outputs.ts'
import type { Recipe } from './recipe.ts'

export interface StudioDeps extends KeepDeps, OnDeviceDeps {}

/** The job that renders: in a child process, on a leased device. */
export function renderHandler(deps: StudioDeps): Handler<RenderInput> {
  return {
    kind: 'render',
    lane: 'render',
    run: (ctx) => renderJob(deps, ctx),
    moved: async (tx, job) => {
      if (!isTerminal(job.state)) await closeLost(tx, job.id, deps.now())
      await refreshStatus(deps, tx, job.scope!)
    },
  }
}

async function renderJob(deps: StudioDeps, ctx: JobContext<RenderInput>): Promise<Done> {
  const order = await ordered(deps, ctx)
  const made = await renderOnDevice(deps, ctx, order)
  await ctx.phase('keeping')
  const kept = await keepOutputs(deps, made.rendered, recipeOf(order, made))
  const outputs = kept.map((output) => ({ ...output, id: deps.newId() }))
  return {
    result: resultOf(order, made, outputs),
    effects: (tx) => keepMade(deps, tx, { ...made, job: ctx.job, order, outputs }),
    after: () => putAway(deps, ctx.job.id, outputs),
  }
}

/** The files that it begins with stay as they were at its first attempt. */
async function ordered(deps: StudioDeps, ctx: JobContext<RenderInput>): Promise<Order> {
  const order = await orderOf(deps, ctx.input)
  if (Object.keys(order.inputs).length === 0) return order
  return withGiven({ ...order, inputs: await ctx.step('inputs', async () => order.inputs) })
}

/** What is made again says what the first one said, also of what was lowered then and what it came from. */
function recipeOf(order: Order, { rendered, plan, spec }: OnDevice): Omit<Recipe, 'n' | 'seed'> {
  const { model = null, function: what = 'image' } = spec
  const { engine, engineVersion } = rendered
  const first = order.recipe
  return {
    v: 1,
    function: what,
    engine,
    engineVersion,
    model: model ? { id: model.id, sha256: model.sha256 } : null,
    params: plan.params,
    memory: plan.memory,
    tier: plan.tier,
    inputs: Object.fromEntries(Object.entries(order.inputs).map(([role, { hash }]) => [role, hash])),
    loras: (spec.loras ?? []).map(({ name, sha256, scale }) => ({ name, sha256, scale })),
    controlnet: first?.controlnet ?? controlOf(spec.controlnet, order.request.controlnet?.model),
    lowered: first ? first.lowered : plan.lowered,
    parent: first ? first.parent : (order.parent?.hash ?? null),
  }
}

function controlOf(control: OnDevice['spec']['controlnet'], name = ''): Recipe['controlnet'] {
  return control ? { name, sha256: control.sha256, scale: control.scale } : null
}

function resultOf({ task }: Order, { rendered, plan, device }: OnDevice, outputs: (KeptOutput & { id: string })[]) {
  const { width, height, seed, bytes, hash: sha256 } = outputs[0]!
  const { engine } = rendered
  const made = { width, height, seed, bytes, sha256, engine, device: device.id }
  const artifacts = outputs.map(({ id }) => id)
  return {
    ...(task ? { path: task.path } : {}),
    ...made,
    tier: plan.tier,
    model: plan.model,
    lowered: plan.lowered,
    artifacts,
  }
}
