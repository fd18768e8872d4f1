import type { Blobs } from '../files/blobs.ts'
import { openTwins, type Twin } from '../files/duplicates/nearly-equal.ts'
import { type Impact, impactOf } from '../files/impact/impact.ts'
import { kindOf } from '../files/languages.ts'
import { type ProjectFile, readFileText } from '../workspace/files.ts'

/** What a text means for the files around it. */
export interface Neighbours {
  /** The file that it nearly equals. */
  near: Twin | undefined
  /** What it takes away from others. */
  broken: Impact[]
}

/** Of a project, what is read to find who refers to what. */
const MOST_READ_BYTES = 5_000_000
/** A longer file is not one that a person or a model wrote by hand. */
const LONGEST_FILE_BYTES = 500_000

/** Signatures are kept by what they were made of: they are the same for all. */
const twins = openTwins()

interface Edited {
  path: string
  /** Undefined: the file goes. */
  text: string | undefined
  /** Undefined: the file is new. */
  before: string | undefined
}

/** Looks at the files around one that is to be written, or deleted. */
export async function neighboursOf(deps: { blobs: Blobs }, files: ProjectFile[], edited: Edited): Promise<Neighbours> {
  const { path, text, before } = edited
  if (before === undefined && text !== undefined) {
    const near = await twins.nearest(path, text, files, (file) => readFileText(deps, file as ProjectFile))
    return { near, broken: [] }
  }
  return { near: undefined, broken: before === undefined ? [] : await brokenBy(deps, files, { ...edited, before }) }
}

async function brokenBy(
  deps: { blobs: Blobs },
  files: ProjectFile[],
  { path, text, before }: Edited & { before: string },
): Promise<Impact[]> {
  const texts = new Map<string, string>()
  let read = 0
  for (const file of files) {
    const isRead = kindOf(file.path) === 'text' && file.bytes <= LONGEST_FILE_BYTES && read < MOST_READ_BYTES
    if (!isRead || file.path === path) continue
    read += file.bytes
    texts.set(file.path, await readFileText(deps, file))
  }
  const after = new Map(texts)
  if (text !== undefined) after.set(path, text)
  return impactOf(new Map(texts).set(path, before), after)
}
