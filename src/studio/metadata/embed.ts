import { type Recipe, readRecipe } from '../recipe.ts'
import { jpegWith } from './jpeg.ts'
import { mp4With } from './mp4.ts'
import { pngTexts, pngWith } from './png.ts'
import { webpWith } from './webp.ts'
import { recipeInXmp, xmpOf } from './xmp.ts'

/** Clips longer than this are not read into memory: their recipe is in the file beside them alone. */
const MOST_BYTES = 512 * 1024 * 1024
const HOLDERS = ['image/png', 'image/jpeg', 'image/webp', 'video/mp4']

/** The built-in engine's own texts already say all that the pictures which it draws depend on. */
const SPEAKS_FOR_ITSELF = 'sketch'

/** Whether an output is worth reading to put a recipe into it. */
export function holdsRecipe(
  { mediaType, bytes }: { mediaType: string; bytes: number },
  { engine, function: what }: Recipe,
): boolean {
  const saysIt = engine === SPEAKS_FOR_ITSELF && what !== 'upscale'
  return !saysIt && HOLDERS.includes(mediaType) && bytes <= MOST_BYTES
}

/** Puts the recipe into a picture or clip; null where its format can't hold one. */
export function embed(bytes: Uint8Array, mediaType: string, recipe: Recipe): Uint8Array | null {
  const xmp = xmpOf(recipe)
  if (mediaType === 'image/png') return pngWith(bytes, xmp, parametersOf(recipe))
  if (mediaType === 'image/jpeg') return jpegWith(bytes, xmp)
  if (mediaType === 'image/webp') return webpWith(bytes, xmp)
  return mediaType === 'video/mp4' ? mp4With(bytes, xmp) : null
}

/** The recipe of a picture or clip that Hearth has made, or of the file beside it; null where there is none. */
export function recipeIn(bytes: Uint8Array): Recipe | null {
  return recipeInXmp(bytes) ?? sketched(pngTexts(bytes)) ?? besides(bytes)
}

/** The sidecar holds the recipe as one of its fields. */
function besides(bytes: Uint8Array): Recipe | null {
  if (bytes[0] !== 0x7b) return null
  try {
    const { recipe } = JSON.parse(new TextDecoder().decode(bytes))
    return recipe ? readRecipe(JSON.stringify(recipe)) : null
  } catch {
    return null // not JSON
  }
}

/** What the built-in engine writes into its pictures. */
function sketched(texts: Record<string, string> | null): Recipe | null {
  if (!texts || texts.engine !== SPEAKS_FOR_ITSELF) return null
  const { prompt, width, height, seed, steps, guidance, version } = texts
  return readRecipe(
    JSON.stringify({
      v: 1,
      function: 'image',
      engine: SPEAKS_FOR_ITSELF,
      engineVersion: version,
      model: null,
      params: {
        prompt,
        width: Number(width),
        height: Number(height),
        seed: Number(seed),
        steps: Number(steps),
        guidance: Number(guidance),
      },
      memory: {},
      tier: 'low',
      n: 1,
      seed: Number(seed),
    }),
  )
}

/** As the programs of the A1111 family write them into their pictures, and many others read them. */
function parametersOf({ params, model, seed }: Recipe): string {
  const { prompt, negative, steps, sampler, guidance, width, height } = params
  const facts = [
    `Steps: ${steps}`,
    ...(sampler ? [`Sampler: ${sampler}`] : []),
    `CFG scale: ${guidance}`,
    `Seed: ${seed}`,
    `Size: ${width}x${height}`,
    ...(model ? [`Model: ${model.id}`] : []),
    ...(model?.sha256 ? [`Model hash: ${model.sha256.slice(0, 10)}`] : []),
    'Version: Hearth',
  ]
  return [prompt, ...(negative ? [`Negative prompt: ${negative}`] : []), facts.join(', ')].join('\n')
}
