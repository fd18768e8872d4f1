import type { Blobs } from '../../files/blobs.ts'
import { openTwins, type Twin } from '../../files/duplicates/nearly-equal.ts'
import type { Impact } from '../../files/impact/impact.ts'
import { type ProjectFile, readFileText } from '../files.ts'
import { brokenBy, type Edited } from './broken.ts'

/** What a text means for the files around it. */
export interface Neighbours {
  /** The file that it nearly equals. */
  near: Twin | undefined
  /** What it takes away from others. */
  broken: Impact[]
}

/** Signatures are kept by what they were made of: they are the same for all. */
const twins = openTwins()

/** Looks at the files around one that is to be written, or deleted. */
export async function neighboursOf(deps: { blobs: Blobs }, files: ProjectFile[], edited: Edited): Promise<Neighbours> {
  const { path, text, before } = edited
  if (before === undefined && text !== undefined) {
    const near = await twins.nearest(path, text, files, (file) => readFileText(deps, file as ProjectFile))
    return { near, broken: [] }
  }
  return { near: undefined, broken: (await brokenBy(deps, [edited], async () => files)).broken }
}
