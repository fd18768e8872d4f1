import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BlobRef, Blobs } from '../files/blobs.ts'
import { attemptFolder, plainFile } from '../gpu/folder.ts'
import type { Rendered } from '../gpu/outcome.ts'
import { shownAs } from './kinds.ts'
import { embed, holdsRecipe } from './metadata/embed.ts'
import type { Recipe } from './recipe.ts'

type Output = Rendered['outputs'][number]

/** One picture, clip or text of a batch, as it is kept. */
export interface KeptOutput extends BlobRef {
  n: number
  mediaType: string
  width: number
  height: number
  frames: number | null
  fps: number | null
  seed: number
  poster: string | null
  recipe: Recipe
}

/** Puts all that was rendered into the blobs, each with its recipe inside where its format holds one. */
export async function keepOutputs(
  { blobs, attempts }: { blobs: Blobs; attempts: string },
  rendered: Rendered,
  recipe: Omit<Recipe, 'n' | 'seed'>,
): Promise<KeptOutput[]> {
  const kept: KeptOutput[] = []
  for (const [i, output] of rendered.outputs.entries()) {
    const own = { ...recipe, n: i + 1, seed: output.seed }
    const { mediaType, width, height, seed, frames = null, fps = null } = output
    const clip = shownAs(mediaType) === 'clip'
    kept.push({
      ...(await put(blobs, output, own)),
      n: i + 1,
      mediaType,
      width,
      height,
      seed,
      frames: fps === null ? null : frames,
      fps: frames === null ? null : fps,
      poster: clip ? await posterOf(blobs, attemptFolder(attempts, rendered.job, rendered.attempt)) : null,
      recipe: own,
    })
  }
  return kept
}

async function put(blobs: Blobs, output: Output, recipe: Recipe): Promise<BlobRef> {
  const bytes = Bun.file(output.path).size // what a worker says of its file is only its word
  if (!holdsRecipe({ ...output, bytes }, recipe)) return blobs.putFile(output.path)
  const whole = embed(await Bun.file(output.path).bytes(), output.mediaType, recipe)
  return whole ? blobs.put(whole) : blobs.putFile(output.path)
}

/** The last preview of a clip stands for it where it does not play. */
async function posterOf(blobs: Blobs, folder: string): Promise<string | null> {
  const last = previewsIn(folder).at(-1)
  const path = last ? plainFile(folder, join('previews', last)) : null
  return path ? (await blobs.putFile(path)).hash : null
}

function previewsIn(folder: string): string[] {
  try {
    return readdirSync(join(folder, 'previews'))
      .filter((name) => /\.(jpe?g|png|webp)$/.test(name))
      .sort()
  } catch {
    return [] // an engine that shows none
  }
}
