import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BlobRef, Blobs } from '../files/blobs.ts'
import { sha256 } from '../gpu/durable.ts'
import { attemptFolder, openInAttempt } from '../gpu/folder.ts'
import { changedOutput, type Rendered } from '../gpu/outcome.ts'
import type { Plain } from '../gpu/plain.ts'
import { shownAs } from './kinds.ts'
import { embed, holdsRecipe } from './metadata/embed.ts'
import type { Recipe } from './recipe.ts'

const POSTER_QUALITY = 90
/** More than any frame takes: what is larger is none, and is not read into memory. */
const MOST_POSTER_BYTES = 32 * 1024 ** 2

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
  /** The picture that stands for a clip. */
  poster: BlobRef | null
  recipe: Recipe
}

/** Puts all that was rendered into the blobs, each with its recipe inside where its format holds one. */
export async function keepOutputs(
  { blobs, attempts }: { blobs: Blobs; attempts: string },
  rendered: Rendered,
  recipe: Omit<Recipe, 'n' | 'seed'>,
): Promise<KeptOutput[]> {
  const kept: KeptOutput[] = []
  const folder = attemptFolder(attempts, rendered.job, rendered.attempt)
  for (const [i, output] of rendered.outputs.entries()) {
    const own = { ...recipe, n: i + 1, seed: output.seed }
    const { mediaType, width, height, seed, frames = null, fps = null } = output
    const clip = shownAs(mediaType) === 'clip'
    kept.push({
      ...(await put(blobs, folder, output, own)),
      n: i + 1,
      mediaType,
      width,
      height,
      seed,
      frames: fps === null ? null : frames,
      fps: frames === null ? null : fps,
      poster: clip ? await posterOf(blobs, folder, output) : null,
      recipe: own,
    })
  }
  return kept
}

/** What is kept is what the result said, by the hash of what was read: the worker may be another user, and still there. */
async function put(blobs: Blobs, folder: string, output: Output, recipe: Recipe): Promise<BlobRef> {
  using held = openInAttempt(folder, output.file)
  if (!held) throw changedOutput(output.file)
  const whole = holdsRecipe({ ...output, bytes: held.bytes }, recipe) ? await withRecipe(held, output, recipe) : null
  if (whole) return blobs.put(whole)
  const kept = await blobs.putFile(held.path)
  if (kept.hash !== output.sha256) throw changedOutput(output.file)
  return kept
}

async function withRecipe({ path }: Plain, output: Output, recipe: Recipe): Promise<Uint8Array | null> {
  const bytes = await Bun.file(path).bytes()
  if (sha256(bytes) !== output.sha256) throw changedOutput(output.file)
  return embed(bytes, output.mediaType, recipe)
}

/** The first frame of a clip, where its worker has kept it, else the last preview: it stands for the clip where that does not play. */
async function posterOf(blobs: Blobs, folder: string, { poster }: Output): Promise<BlobRef | null> {
  const last = previewsIn(folder).at(-1)
  using held =
    (poster && openInAttempt(folder, poster)) || (last ? openInAttempt(folder, join('previews', last)) : null)
  if (!held || held.bytes > MOST_POSTER_BYTES) return null
  return blobs.put(await asJpeg(await Bun.file(held.path).bytes()))
}

/** A poster is a file of the project too, whose name says what it is. What can't be read stays as it is. */
async function asJpeg(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return bytes
  try {
    return await new Bun.Image(bytes).jpeg({ quality: POSTER_QUALITY }).bytes()
  } catch {
    return bytes // shown as it is, or not at all: a poster is no reason to lose a clip
  }
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
