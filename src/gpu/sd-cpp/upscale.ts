import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkerSpec } from '../protocol.ts'
import { asPng, resampled, UnreadablePicture } from '../resample.ts'
import { passesFor, type Size, sizesOnTheWay, tileOf, tilesOf } from '../upscale.ts'
import { Unsuitable } from './arguments.ts'

/** The picture as the program reads it, inside of the attempt's folder: it knows neither Exif nor every format. */
const GIVEN = 'in/given.png'

/** One upscale, as the program is to do it. */
export interface Upscaling {
  args: string[]
  /** What it has to leave. It ends with 0 and leaves the picture as it was when it has failed. */
  size: Size
  /** Tiles of each pass. */
  tiles: number[]
}

/** Makes a picture ready and says how the program is to enlarge it. @throws Unsuitable */
export async function upscalingOf(
  spec: WorkerSpec,
  { folder, out, options }: { folder: string; out: string; options: ReadonlySet<string> },
): Promise<Upscaling> {
  const { model, inputs, params, memory } = spec
  const own = model?.scale
  if (!model || !own) throw new Unsuitable('it needs an upscaler, and to know how much larger that makes a picture')
  if (!inputs.init) throw new Unsuitable('it needs a picture to begin with')
  if (!options.has('--upscale-model')) throw new Unsuitable('this sd-cli knows no --upscale-model; install a newer one')
  const given = await prepared(folder, inputs.init)
  const passes = passesFor(own, params.scale)
  const tile = tileOf(memory)
  const tiled = options.has('--upscale-tile-size')
  const offload = memory.offload === 'none' || !options.has('--offload-to-cpu') ? [] : ['--offload-to-cpu']
  return {
    args: [
      ...['-M', 'upscale', '--upscale-model', model.path, '--upscale-repeats', `${passes}`],
      ...(tiled ? ['--upscale-tile-size', `${tile}`] : []),
      ...['-i', given.path, ...offload],
      ...(options.has('--disable-image-metadata') ? ['--disable-image-metadata'] : []),
      ...['-o', out],
    ],
    size: sizesOnTheWay(given, own, passes).at(-1)!,
    tiles: tilesOf(given, own, passes, tile),
  }
}

/** What the program has left, at the size that was asked for; null where it has not enlarged the picture. */
export async function enlargedIn(out: string, { size }: Upscaling, { width, height }: Size): Promise<Buffer | null> {
  if (!existsSync(out)) return null
  const bytes = readFileSync(out)
  const made = sizeOfPng(bytes)
  if (made.width !== size.width || made.height !== size.height) return null
  if (made.width === width && made.height === height) return bytes
  return Buffer.from(await resampled(bytes, width, height))
}

async function prepared(folder: string, { path, mediaType }: WorkerSpec['inputs'][string]) {
  const bytes = readFileSync(join(folder, path))
  if (mediaType === 'image/png') return { path: join(folder, path), ...sizeOfPng(bytes) }
  try {
    const png = await asPng(bytes)
    writeFileSync(join(folder, GIVEN), png)
    return { path: join(folder, GIVEN), ...sizeOfPng(Buffer.from(png)) }
  } catch (error) {
    throw error instanceof UnreadablePicture ? new Unsuitable(error.message) : error
  }
}

function sizeOfPng(bytes: Buffer): Size {
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}
