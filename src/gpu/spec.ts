import { z } from 'zod'

export const count = z.number().int().nonnegative()
export const name = z.string().regex(/^[\w-]{1,100}$/)
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** A path inside the attempt folder: a worker can't name anything else. */
export const inside = z.string().regex(/^(previews|ckpt|out)\/[\w-]+\.\w+$/)

export const TIER = ['low', 'standard', 'high', 'premium'] as const
export type TierName = (typeof TIER)[number]

/** Most pictures of one job. */
export const MOST_PICTURES = 16

/** What is rendered: everything that the same bytes depend on, besides model, engine and memory plan. */
export const renderParams = z.object({
  prompt: z.string().min(1).max(10_000),
  negative: z.string().max(10_000).default(''),
  width: z.number().int().min(16).max(8192),
  height: z.number().int().min(16).max(8192),
  /** Of the first picture; those after it count up. */
  seed: count.max(2 ** 32 - 1),
  steps: z.number().int().min(1).max(500),
  guidance: z.number().min(0).max(100),
  /** The solver, by the name that diffusers' docs and ComfyUI share: `euler`, `euler_a`, `dpmpp_2m_karras`, `unipc`, ...; null: the model's own. */
  sampler: name.nullable().default(null),
  /** How much of a given picture is made anew, 0 to 1. */
  strength: z.number().min(0).max(1).default(0.75),
  /** Pictures of this one job. */
  count: z.number().int().min(1).max(MOST_PICTURES).default(1),
  /** Of a clip; 1 for a picture. */
  frames: z.number().int().min(1).max(2000).default(1),
  fps: z.number().min(1).max(120).default(24),
  /** For `upscale`: how much larger. */
  scale: z.number().min(1).max(8).default(1),
})

export type RenderParams = z.infer<typeof renderParams>

/** How a model is held in memory. Changes the speed and, by a hair or by quantisation, the picture; never what was asked for. */
export const memoryPlan = z.object({
  dtype: z.enum(['float32', 'float16', 'bfloat16']).default('float32'),
  /** `fp8` is layerwise casting; the others are the backends' own names. */
  quantisation: z.enum(['none', 'fp8', 'int8', 'nf4', 'q8_0', 'q6_k', 'q5_k', 'q4_k', 'q3_k', 'q2_k']).default('none'),
  /** What waits in the host's memory: the text encoder alone, whole components in turn, or groups of layers. */
  offload: z.enum(['none', 'encoder', 'model', 'group']).default('none'),
  vaeTiling: z.boolean().default(false),
  vaeSlicing: z.boolean().default(false),
})

export type MemoryPlan = z.infer<typeof memoryPlan>
