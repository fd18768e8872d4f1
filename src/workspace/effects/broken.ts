import { type Blobs, isBlobMissing } from '../../files/blobs.ts'
import { type Impact, impactOf, type LostName, lostNames } from '../../files/impact/impact.ts'
import { mayMention, openMentions, traceOf, traceOfFile, type Words } from '../../files/impact/mentions.ts'
import { kindOf } from '../../files/languages.ts'
import { type ProjectFile, readFileText } from '../files.ts'

/** Of a project, what is read at once to find who refers to what, in bytes: what it was not, is read the next time. */
const MOST_READ_BYTES = 5_000_000
/** A longer file is not one that a person or a model wrote by hand, in bytes. */
const LONGEST_FILE_BYTES = 500_000

/** A file that is written, or deleted. */
export interface Edited {
  path: string
  /** Undefined: the file goes. */
  text: string | undefined
  /** Undefined: the file is new. */
  before: string | undefined
}

/** What edits take away from the files around them. */
export interface Broken {
  broken: Impact[]
  /** False: the project is so large that only some of its files were looked at. */
  isWhole: boolean
}

/** The words of contents are kept by their hashes: they are the same for all. */
const mentions = openMentions()

/** What edits, taken together, take away from files that still refer to it. The files are asked for only when something goes. */
export async function brokenBy(
  deps: { blobs: Blobs },
  edits: readonly Edited[],
  files: () => Promise<readonly ProjectFile[]>,
): Promise<Broken> {
  const before = textsOf(edits, ({ before }) => before)
  const after = textsOf(edits, ({ text }) => text)
  const names = lostNames(before, after)
  const traces = new Map(names.map((name): [LostName, Words] => [name, traceOf(name, name.path)]))
  const removed = [...before.keys()].filter((path) => !after.has(path)).map(traceOfFile)
  const wanted = [...traces.values(), ...removed]
  if (wanted.length === 0) return { broken: [], isWhole: true }
  const around = await mentioning(deps, await files(), new Set(edits.map(({ path }) => path)), wanted)
  const words = new Map([...around.texts].map(([path, { words }]) => [path, words]))
  const texts = [...around.texts].map(([path, { text }]): [string, string] => [path, text])
  const traceFor = new Map(names.map((name) => [keyOf(name), traces.get(name)!]))
  const broken = impactOf(new Map([...texts, ...before]), new Map([...texts, ...after]), (name, path) => {
    const own = words.get(path)
    return !own || mayMention(own, traceFor.get(keyOf(name))!)
  })
  return { broken, isWhole: around.isWhole }
}

function textsOf(edits: readonly Edited[], text: (edit: Edited) => string | undefined): Map<string, string> {
  return new Map(
    edits.flatMap((edit): [string, string][] => (text(edit) === undefined ? [] : [[edit.path, text(edit)!]])),
  )
}

function keyOf({ kind, name, path }: LostName): string {
  return `${kind} ${name} ${path}`
}

/** The files in which all words of one of the traces stand. */
async function mentioning(
  deps: { blobs: Blobs },
  files: readonly ProjectFile[],
  own: ReadonlySet<string>,
  traces: Words[],
) {
  const texts = new Map<string, { text: string; words: Words }>()
  let [left, isWhole] = [MOST_READ_BYTES, true]
  for (const file of files) {
    if (own.has(file.path) || kindOf(file.path) !== 'text' || file.bytes > LONGEST_FILE_BYTES) continue
    const known = mentions.known(file.hash)
    if (known && !traces.some((trace) => mayMention(known, trace))) continue
    if (file.bytes > left) {
      isWhole = false
      continue
    }
    left -= file.bytes
    const text = await textIn(deps, file)
    if (text === undefined) continue
    const words = known ?? mentions.keep(file.hash, text)
    if (known || traces.some((trace) => mayMention(words, trace))) texts.set(file.path, { text, words })
  }
  return { texts, isWhole }
}

/** What is gone refers to nothing. */
async function textIn(deps: { blobs: Blobs }, file: ProjectFile): Promise<string | undefined> {
  try {
    return await readFileText(deps, file)
  } catch (error) {
    if (isBlobMissing(error)) return undefined
    throw error
  }
}
