import { z } from 'zod'
import type { RenderParams } from '../spec.ts'

const node = z.object({
  class_type: z.string(),
  inputs: z.record(z.string(), z.json()),
  _meta: z.object({ title: z.string().optional() }).loose().optional(),
})

/** A workflow in ComfyUI's API format: node id -> node. An input is a value, or a link `[node id, output]`. */
export const workflowSchema = z.record(z.string(), node)
export type Workflow = z.infer<typeof workflowSchema>

/** What a request can set of a workflow; `init` and its like are names of pictures. */
export type InputName =
  | keyof Pick<RenderParams, 'prompt' | 'negative' | 'seed' | 'steps' | 'guidance' | 'strength' | 'frames' | 'fps'>
  | 'width'
  | 'height'
  | 'init'
  | 'mask'
  | 'control'
  | 'last'

const TYPES: Readonly<Record<InputName, 'text' | 'integer' | 'number' | 'picture'>> = {
  prompt: 'text',
  negative: 'text',
  seed: 'integer',
  steps: 'integer',
  guidance: 'number',
  strength: 'number',
  width: 'integer',
  height: 'integer',
  frames: 'integer',
  fps: 'number',
  init: 'picture',
  mask: 'picture',
  control: 'picture',
  last: 'picture',
}

/** One place of a workflow that takes a value. */
export interface WorkflowInput {
  name: InputName
  type: 'text' | 'integer' | 'number' | 'picture'
  node: string
  field: string
  /** What the workflow itself says. */
  usual: string | number
}

/** Fields of any node whose name says what they are. */
const FIELDS: Readonly<Record<string, InputName>> = {
  seed: 'seed',
  noise_seed: 'seed',
  steps: 'steps',
  cfg: 'guidance',
  guidance: 'guidance',
  denoise: 'strength',
  fps: 'fps',
  frame_rate: 'fps',
}
/** Fields of the nodes that make an empty latent. */
const LATENT_FIELDS: Readonly<Record<string, InputName>> = { width: 'width', height: 'height', length: 'frames' }
/** A node with the title `hearth: NAME` takes that input, whatever its class. */
const TITLE = /^hearth:\s*(\w+)$/i
const LOADERS = /^LoadImage/

/** The inputs of a workflow, with their types: told by titles, else by classes, names of fields and links. */
export function inputsOf(workflow: Workflow): WorkflowInput[] {
  const negative = reachedBy(workflow, 'negative')
  return Object.entries(workflow).flatMap(([id, { class_type, inputs, _meta }]) =>
    Object.entries(inputs).flatMap(([field, value]): WorkflowInput[] => {
      if (typeof value !== 'string' && typeof value !== 'number') return []
      const titled = TITLE.exec(_meta?.title ?? '')?.[1]?.toLowerCase()
      const name = titled ? titledField(titled, value) : fieldName(class_type, field, negative.has(id))
      return name ? [{ name, type: TYPES[name], node: id, field, usual: value }] : []
    }),
  )
}

/** A copy with values at all places that take them. A `count` of its own is 1: pictures of a batch have seeds of their own. */
export function filled(workflow: Workflow, values: Partial<Record<InputName, string | number>>): Workflow {
  const copy = structuredClone(workflow)
  for (const { name, node, field } of inputsOf(workflow)) {
    const value = values[name]
    if (value !== undefined) copy[node]!.inputs[field] = value
  }
  for (const { inputs } of Object.values(copy)) if (typeof inputs.batch_size === 'number') inputs.batch_size = 1
  return copy
}

/** A titled node takes its value at the first field of the right type. */
function titledField(title: string, value: string | number): InputName | null {
  if (!Object.hasOwn(TYPES, title)) return null
  const name = title as InputName
  const wantsText = TYPES[name] === 'text' || TYPES[name] === 'picture'
  return wantsText === (typeof value === 'string') ? name : null
}

function fieldName(type: string, field: string, isNegative: boolean): InputName | null {
  if (LOADERS.test(type)) return field === 'image' ? (type === 'LoadImageMask' ? 'mask' : 'init') : null
  if (/TextEncode/.test(type))
    return /^(text|prompt|clip_l|t5xxl)$/.test(field) ? (isNegative ? 'negative' : 'prompt') : null
  if (/Empty.*Latent|ImageToVideo|LatentVideo/.test(type) && LATENT_FIELDS[field]) return LATENT_FIELDS[field]
  return FIELDS[field] ?? null
}

/** All nodes from which a link of this name is fed, through whatever lies between, but for those that the positive one shares. */
function reachedBy(workflow: Workflow, link: string): Set<string> {
  const from = (name: string) =>
    Object.values(workflow).flatMap(({ inputs }) => (isLink(inputs[name]) ? [String(inputs[name][0])] : []))
  const negative = upstream(workflow, from(link))
  for (const id of upstream(workflow, from('positive'))) negative.delete(id)
  return negative
}

function upstream(workflow: Workflow, starts: string[]): Set<string> {
  const seen = new Set<string>()
  const left = [...starts]
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (seen.has(id) || !workflow[id]) continue
    seen.add(id)
    left.push(...Object.values(workflow[id]!.inputs).flatMap((value) => (isLink(value) ? [String(value[0])] : [])))
  }
  return seen
}

function isLink(value: unknown): value is [string | number, number] {
  return Array.isArray(value) && value.length === 2 && typeof value[1] === 'number'
}
