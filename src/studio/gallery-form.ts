import { z } from 'zod'
import { Invalid } from '../errors.ts'
import { understood } from '../web/understood.ts'
import type { Recipe } from './recipe.ts'
import { type NewRender, newRender, renderRequest } from './request.ts'
import type { Artifact } from './tables.ts'
import type { UpscaleWish } from './upscales.ts'

/** What the form of a page sends: all of it is text, and what was left empty is for Hearth to choose. */
export const RenderForm = z.record(z.string().max(40), z.union([z.string().max(10_000), z.array(z.string())])).nullish()

/** The fields that are numbers. */
const NUMBERS = [
  'width',
  'height',
  'seed',
  'steps',
  'guidance',
  'strength',
  'count',
  'frames',
  'fps',
  'seconds',
  'scale',
] as const
const WORDS = ['prompt', 'negative', 'function', 'model', 'tier', 'sampler'] as const

export type FormFields = Partial<Record<string, string>>

/** A form as the render that it asks for. @throws Invalid `invalid_input`, which names the field */
export function renderOf(fields: z.infer<typeof RenderForm>): NewRender {
  const given = textsOf(fields)
  const request: Record<string, unknown> = {}
  for (const name of WORDS) if (given[name]) request[name] = given[name]
  for (const name of NUMBERS) if (given[name]) request[name] = numberOf(name, given[name])
  const { init, parent } = given
  return understood(newRender, { request, inputs: init ? { init } : {}, ...(parent ? { parent } : {}) })
}

/** The form that makes a picture larger: `by` is a model's id, which has a slash, or an engine's name. @throws Invalid `invalid_input` */
export function upscaleOf(fields: z.infer<typeof RenderForm>): UpscaleWish {
  const { scale, by, tier } = textsOf(fields)
  const named = by ? { [by.includes('/') ? 'model' : 'engine']: by } : {}
  const request = {
    function: 'upscale',
    ...named,
    ...(tier ? { tier } : {}),
    ...(scale ? { scale: numberOf('scale', scale) } : {}),
  }
  return understood(renderRequest, request)
}

/** What was sent, as the form shows it again. */
export function textsOf(fields: z.infer<typeof RenderForm>): FormFields {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, value]) => [
      name,
      (typeof value === 'string' ? value : (value[0] ?? '')).trim(),
    ]),
  )
}

/** The form that makes another one like it. */
export function fieldsOf({ id, recipe, prompt, negative, width, height, seed }: Artifact): FormFields {
  const usual = { prompt, negative, width: String(width), height: String(height), seed: String(seed), parent: id }
  if (recipe?.function === 'upscale') return { prompt, negative, parent: id } // how it was made larger is nothing to draw it by
  return recipe ? { ...usual, ...fieldsOfRecipe(recipe) } : usual
}

/** The form that asks for what a recipe says, with its seed; of what was made larger the words alone. */
export function fieldsOfRecipe({ params, model, seed, function: what }: Recipe): FormFields {
  if (what === 'upscale') return { prompt: params.prompt, negative: params.negative }
  return {
    width: String(params.width),
    height: String(params.height),
    seed: String(seed),
    prompt: params.prompt,
    negative: params.negative,
    steps: String(params.steps),
    guidance: String(params.guidance),
    sampler: params.sampler ?? '',
    model: model?.id ?? '',
    function: what,
    ...(params.frames > 1 ? { frames: String(params.frames), fps: String(params.fps) } : {}),
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text.replace(',', '.'))
  if (Number.isFinite(value)) return value
  throw new Invalid('invalid_input', `The field “${name}” takes a number.`, { context: { field: name } })
}
