import type { Reader } from '../db/open.ts'
import { Invalid } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { fileAt, openFile } from '../workspace/files.ts'
import { recipeIn } from './metadata/embed.ts'
import type { Recipe } from './recipe.ts'

/** A picture or clip that is larger is not looked into, bytes. */
const MOST_BYTES = 256 * 1024 ** 2

/** How a file of a project was made, as it says itself. @throws NotFound `unknown_file`; Invalid `no_parameters` */
export async function recipeOfFile(
  deps: { read: Reader; blobs: Blobs },
  project: string,
  path: string,
): Promise<Recipe> {
  const file = await fileAt(deps.read, project, path)
  const recipe = file.bytes <= MOST_BYTES ? recipeIn(await (await openFile(deps, file)).bytes()) : null
  if (recipe) return recipe
  throw new Invalid('no_parameters', `“${file.path}” does not say how it was made: only what Hearth makes does.`, {
    context: { field: 'from' },
  })
}
