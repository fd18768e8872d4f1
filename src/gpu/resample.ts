/** A picture that can't be read here, in words for a person. */
export class UnreadablePicture extends Error {
  override name = 'UnreadablePicture'
}

/** What can be opened without a model: the others need codecs that are not on board. */
export const OPENED: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])

/** Pixels of the largest picture that is opened. */
const MOST_PIXELS = 110e6

/**
 * A picture at another size, by Lanczos (three lobes), as a PNG with alpha: the same bytes each time. It is turned as its Exif says.
 * The work is done on a thread of its own. @throws UnreadablePicture
 */
export function resampled(bytes: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  return read(bytes, (picture) => picture.resize(width, height, { filter: 'lanczos3', fit: 'fill' }))
}

/** The same picture as a PNG, the right way up. @throws UnreadablePicture */
export function asPng(bytes: Uint8Array): Promise<Uint8Array> {
  return read(bytes, (picture) => picture)
}

async function read(bytes: Uint8Array, change: (picture: Bun.Image) => Bun.Image): Promise<Uint8Array> {
  try {
    return await change(new Bun.Image(bytes, { maxPixels: MOST_PIXELS }))
      .png()
      .bytes()
  } catch (error) {
    throw new UnreadablePicture(`The picture can’t be opened: ${(error as Error).message}`)
  }
}
