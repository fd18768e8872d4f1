import { z } from 'zod'
import { memoryPlan, name, renderParams, sha256, TIER } from '../gpu/spec.ts'

/** Something that was lowered, as `Lowering` says it. */
const lowering = z.object({
  what: z.enum(['tier', 'steps', 'size', 'frames', 'count', 'tiling', 'offload', 'quantisation', 'model']),
  from: z.string().max(1_000),
  to: z.string().max(1_000),
  rung: z.number().int().min(0),
  why: z.string().max(1_000),
})

/**
 * All that the bytes of a picture depend on, and what it came from. It travels in the picture itself, so nothing in it may
 * differ between two renders of the same: no times, no names of jobs.
 */
export const recipe = z.object({
  v: z.literal(1),
  function: name,
  engine: name,
  engineVersion: z.string().max(100),
  model: z.object({ id: z.string().max(200), sha256: sha256.nullable() }).nullable(),
  params: renderParams,
  memory: memoryPlan,
  tier: z.enum(TIER),
  /** What it began with, by the digest of its bytes. */
  inputs: z.record(name, sha256).default({}),
  loras: z
    .array(z.object({ name: z.string().max(200), sha256, scale: z.number() }))
    .max(16)
    .default([]),
  controlnet: z
    .object({ name: z.string().max(200), sha256, scale: z.number() })
    .nullable()
    .default(null),
  /** Its place in the batch, from 1, and its own seed. */
  n: z.number().int().min(1),
  seed: z.number().int().min(0),
  lowered: z.array(lowering).max(100).default([]),
  /** Of the picture that it was made from. */
  parent: sha256.nullable().default(null),
})

export type Recipe = z.infer<typeof recipe>

/** A recipe as text; the same recipe is the same text, in whatever order its parts were put together. */
export function recipeText(made: Recipe): string {
  return JSON.stringify(sorted(recipe.parse(made)))
}

/** The recipe that a text holds, or null when it is none. */
export function readRecipe(text: string): Recipe | null {
  try {
    return recipe.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null // not JSON
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}
