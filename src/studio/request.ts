import { z } from 'zod'
import { name, renderParams, TIER } from '../gpu/spec.ts'

const { shape } = renderParams
const lora = z.object({ model: z.string().min(1).max(200), scale: z.number().min(-10).max(10) })

/** What a person asks for. What they leave out is chosen for them. An upscale needs no words: it takes over those of its picture. */
export const renderRequest = z
  .object({
    prompt: z.string('takes a text').trim().max(10_000, 'takes 10 000 characters at most').default(''),
    negative: shape.negative.unwrap().optional(),
    width: shape.width.optional(),
    height: shape.height.optional(),
    seed: shape.seed.optional(),
    steps: shape.steps.optional(),
    guidance: shape.guidance.optional(),
    sampler: name.optional(),
    strength: shape.strength.unwrap().optional(),
    count: shape.count.unwrap().optional(),
    frames: shape.frames.unwrap().optional(),
    fps: shape.fps.unwrap().optional(),
    /** Of a clip, instead of frames. */
    seconds: z.number().positive().max(600).optional(),
    scale: shape.scale.unwrap().optional(),
    function: name.optional(),
    model: z.string().max(200).optional(),
    engine: name.optional(),
    tier: z.enum(['auto', ...TIER]).optional(),
    loras: z.array(lora).max(16).optional(),
    controlnet: lora.optional(),
    mayLower: z.boolean('takes true or false').optional(),
  })
  .refine((request) => request.prompt !== '' || request.function === 'upscale', {
    path: ['prompt'],
    message: 'takes a text',
  })

/** What it begins with: paths of files of the project, by what each is for. */
export const renderInputs = z.partialRecord(
  z.enum(['init', 'mask', 'control', 'last'], 'takes init, mask, control or last'),
  z.string('takes the path of a file of the project').min(1).max(1_000),
)

/** A render that was asked for. */
export const newRender = z.object({
  request: renderRequest,
  inputs: renderInputs.default({}),
  /** The artifact that it was made from. */
  parent: z.string().max(64).optional(),
})

export type NewRender = z.infer<typeof newRender>
