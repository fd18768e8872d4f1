import { z } from 'zod'
import { count, memoryPlan, name, sha256, TIER } from './spec.ts'

/** What a tier means for one model, where it differs from the usual. Sizes are bytes. */
export const tierProfile = z.object({
  memory: memoryPlan.prefault({}),
  steps: z.number().int().min(1).optional(),
  guidance: z.number().min(0).optional(),
  sampler: name.optional(),
  /** Most pixels of a picture or frame. */
  maxPixels: count.optional(),
  maxFrames: count.optional(),
  /** Memory of the device that it takes at its largest size. */
  vramBytes: count,
  /** Memory of the host that its offloading takes. */
  ramBytes: count.optional(),
  /** Where the figure is from: measured here, published by somebody, or worked out from the weights. */
  vramFrom: z.enum(['measured', 'published', 'estimated']).default('estimated'),
})

export type TierProfile = z.infer<typeof tierProfile>

/** What people may follow, or a download asks: no address that is code. */
const webUrl = z.url({ protocol: /^https?$/ })

const modelFile = z.object({
  /** Inside the model's folder. */
  path: z.string().min(1),
  url: webUrl.optional(),
  sha256: sha256.optional(),
  bytes: count.optional(),
  /**
   * The part that it is where a model comes in single files, as sd-cli's options have them: `checkpoint` (all in one), `transformer`,
   * `highNoise`, `vae`, `clipL`, `clipG`, `t5` (and UMT5), `llm`.
   */
  part: name.optional(),
})

export type ModelFile = z.infer<typeof modelFile>

/** What a file of weights is for. Only a `model` makes pictures by itself. */
export const MODEL_KINDS = ['model', 'lora', 'vae', 'controlnet', 'textEncoder', 'upscaler'] as const
export type ModelKind = (typeof MODEL_KINDS)[number]

/** A model and how it is run, as `*.toml` in the catalogue or in the data directory. */
export const modelProfile = z.object({
  /** `family/name`: its folder below `models/`. */
  id: z
    .string()
    .max(200)
    .regex(/^[a-z0-9][a-z0-9.-]*\/\w[\w.-]*$/, 'takes family/name, neither of which begins with a dot'),
  label: z.string().min(1).max(100),
  family: z.string().min(1),
  functions: z.array(name).default(['image']),
  /** What it can begin with: `text`, `image` (img2img or a clip's first frame), `inpaint`. */
  modes: z.array(z.enum(['text', 'image', 'inpaint', 'control'])).default(['text']),
  format: z.enum(['diffusers', 'safetensors', 'gguf', 'workflow']),
  /** Engines that can run it, the best first. */
  engines: z.array(name).min(1),
  files: z.array(modelFile).default([]),
  kind: z.enum(MODEL_KINDS).default('model'),
  /** Of an upscaler: how much larger it makes a picture, each time that it goes over it. */
  scale: z.number().int().min(2).max(8).optional(),
  /** A repository of the hub whose files are listed when the model is added: a whole folder of diffusers. */
  repo: z
    .object({
      name: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
      /** Patterns of paths, as `vae/*`. */
      include: z.array(z.string()).min(1),
      hub: webUrl.default('https://huggingface.co'),
    })
    .optional(),
  /** The hub gives it only to accounts that have asked there. */
  gated: z.boolean().default(false),
  /** Where people can read about it. */
  page: webUrl.optional(),
  licence: z.object({
    id: z.string(),
    name: z.string(),
    url: webUrl.optional(),
    /** A sentence or two on what it forbids or asks for. */
    terms: z.string().default(''),
    /** Regions in which it is not licensed. */
    notIn: z.array(z.string()).default([]),
    commercial: z.boolean().default(true),
  }),
  /** Pixels: sides are a multiple of it, within the bounds; `side` is what it was trained at. */
  size: z
    .object({ multiple: count.default(8), min: count.default(64), max: count.default(2048), side: count.default(512) })
    .prefault({}),
  /** For clips: frames are `multiple` x n + 1. */
  frames: z
    .object({
      multiple: count.default(4),
      max: count.default(81),
      fps: z.number().default(16),
      usual: count.default(33),
    })
    .optional(),
  /** A distilled model takes these step counts alone. */
  allowedSteps: z.array(z.number().int().positive()).optional(),
  /** Its own guidance and steps where a tier says nothing; without them, the SD family's figures of the tier hold. */
  steps: z.number().int().positive().optional(),
  guidance: z.number().nonnegative().optional(),
  sampler: name.optional(),
  tiers: z.partialRecord(z.enum(TIER), tierProfile),
  /** How good its pictures are, 0 to 100, 50 where it says nothing: of those that fit, the best is taken where nobody names a model. */
  quality: z.number().min(0).max(100).optional(),
  /** A model that this one is a smaller quantisation of: the ladder goes there when memory runs out. */
  lowers: z.string().optional(),
})

export type ModelProfile = z.infer<typeof modelProfile>

/** A model whose files are all on this machine. */
export interface InstalledModel {
  profile: ModelProfile
  /** Absolute: its folder, or its main file. */
  path: string
  /** Absolute, by part. */
  parts: Record<string, string>
  /** One digest over all its files; null while they are still being hashed. */
  sha256: string | null
  bytes: number
}
