import { Buffer } from 'node:buffer'
import type { Blobs } from '../files/blobs.ts'
import { kindOf } from '../files/languages.ts'
import { inspect } from '../files/media/inspect.ts'
import { KINDS } from '../files/media/kinds.ts'
import type { Finding } from '../files/scan/finding.ts'
import { DEFAULT_POLICY, type ScanPolicy } from '../files/scan/policy.ts'
import { advise } from '../files/validate/advise.ts'
import { faultInWords } from '../files/validate/fault.ts'
import { validate } from '../files/validate/validate.ts'
import type { JobContext } from '../jobs/handler.ts'
import type { CheckResult, Problem } from '../projects/check.ts'
import { isClip } from '../projects/clip-paths.ts'
import type { Task } from '../projects/tables.ts'
import type { Source } from '../sandbox/compilers.ts'
import { type ProjectFile, readFileBytes } from '../workspace/files.ts'
import { checkLinks, type LinkFindings } from './check-rules.ts'
import { dangersIn, inSentences } from './dangers.ts'
import type { Judges } from './verdict.ts'

/** Most problems, and most notes, that are kept. */
export const MOST_REMARKS = 100
/** Text that is held for the compilers, in characters; what is beyond is not compiled. */
const MOST_COMPILED = 16_000_000

type Examined = Pick<CheckResult, 'checked' | 'problems' | 'notes' | 'versions'>

/** The tasks whose files must be there. */
export function tasksWithFiles(tasks: Task[]): Task[] {
  return tasks.filter(({ kind, mends }) => kind !== 'note' && !mends)
}

/** Looks at every file without a model: is all there that was planned, whole, readable and linked? */
export async function examine(
  deps: Judges & { blobs: Blobs },
  planned: Task[],
  files: ProjectFile[],
  ctx: Pick<JobContext<unknown>, 'signal' | 'progress'>,
  policy: ScanPolicy = DEFAULT_POLICY,
): Promise<Examined> {
  const paths = new Set(files.map(({ path }) => path))
  const problems: Problem[] = missingFiles(planned, paths)
  const notes: Problem[] = []
  const sources: Source[] = []
  for (const [at, file] of files.entries()) {
    ctx.signal.throwIfAborted()
    const found = await examineFile(deps, file, pictureOf(planned, file), { paths, policy })
    problems.push(...found.problems)
    notes.push(...found.notes)
    if (found.source) sources.push(found.source)
    ctx.progress({ step: at + 1, steps: files.length })
  }
  const judged = await compile(deps, sources, ctx.signal)
  problems.push(...judged.problems)
  notes.push(...judged.notes)
  return {
    checked: files.length,
    problems: problems.slice(0, MOST_REMARKS),
    notes: notes.slice(0, MOST_REMARKS),
    versions: files.reduce((sum, { version }) => sum + version, 0),
  }
}

/** What the languages' own compilers say of all files at once; of those that they can't judge, what a grammar can't read. */
async function compile({ compilers }: Judges, sources: Source[], signal: AbortSignal): Promise<LinkFindings> {
  const held = firstOf(sources)
  const compiled = await compilers?.check(held, signal)
  const found: LinkFindings = { problems: [], notes: [] }
  for (const { path, text } of held) {
    const said = compiled?.get(path)
    const faults = said ?? (await advise(path, text))
    const remarks = faults.map((fault) => ({ path, message: faultInWords(fault) }))
    ;(said ? found.problems : found.notes).push(...remarks)
    signal.throwIfAborted()
  }
  return found
}

function firstOf(sources: Source[]): Source[] {
  let length = 0
  return sources.filter(({ text }) => {
    length += text.length
    return length <= MOST_COMPILED
  })
}

/** What is found in one file; `source` where no parser spoke against its form. */
type FileFindings = LinkFindings & { source?: Source | undefined }

function missingFiles(planned: Task[], paths: ReadonlySet<string>): Problem[] {
  return planned
    .map(({ path }) => path!.normalize('NFC'))
    .filter((path) => !paths.has(path))
    .map((path) => ({ path, message: 'was planned, but is not there' }))
}

function pictureOf(planned: Task[], { path }: ProjectFile): Task | undefined {
  return planned.find((task) => task.kind === 'render' && task.path!.normalize('NFC') === path)
}

/** What a file is held against. */
interface Held {
  paths: ReadonlySet<string>
  policy: ScanPolicy
}

async function examineFile(
  deps: { blobs: Blobs },
  file: ProjectFile,
  picture: Task | undefined,
  held: Held,
): Promise<FileFindings> {
  const { path } = file
  const state = await deps.blobs.verify(file.hash)
  if (state !== 'good') return { problems: [{ path, message: GONE[state], unreadable: true }], notes: [] }
  if (picture) {
    const bytes = await readFileBytes(deps, file)
    const look = isClip(path) ? examineClip(path, bytes) : examinePicture(path, picture, bytes)
    return { problems: await look, notes: [] }
  }
  if (kindOf(path) !== 'text' && !path.endsWith('.svg')) return { problems: [], notes: [] }
  return examineText(path, await readFileBytes(deps, file), held)
}

const GONE = {
  missing: 'its content is gone from the disk: restore the last backup',
  damaged: 'its content is damaged on the disk: restore the last backup',
} as const

/** What a policy refuses is a problem, to be mended; what it asks about was allowed, or comes from elsewhere: a note. */
async function examineText(path: string, bytes: Uint8Array, { paths, policy }: Held): Promise<FileFindings> {
  const text = Buffer.from(bytes).toString('utf8')
  const faults = (await validate(path, text)).map((fault) => ({ path, message: faultInWords(fault) }))
  const { problems, notes } = checkLinks(path, text, paths)
  const found = dangersIn(path, text, policy)
  const said = (some: Finding[]) => inSentences(some).map((message) => ({ path, message }))
  return {
    problems: [...faults, ...problems, ...said(found.blocks)],
    notes: [...said([...found.asks, ...found.notes]), ...notes],
    source: faults.length === 0 ? { path, text } : undefined,
  }
}

/** By its own bytes: nothing on board decodes a film. */
async function examineClip(path: string, bytes: Uint8Array): Promise<Problem[]> {
  const { kind } = await inspect(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  const { sort, says } = KINDS[kind]
  return sort === 'clip' ? [] : [{ path, message: `is ${says}, not a clip` }]
}

/** Decoded whole, not by its header alone: a picture that was cut off has the right size there. */
async function examinePicture(path: string, { width, height }: Task, bytes: Uint8Array): Promise<Problem[]> {
  try {
    const found = await new Bun.Image(bytes).metadata()
    await new Bun.Image(bytes).resize(1, 1).png().bytes()
    if (found.format !== 'png') return [{ path, message: `is a ${found.format} picture, not a PNG` }]
    if (found.width === width && found.height === height) return []
    return [{ path, message: `is ${found.width} × ${found.height}, planned was ${width} × ${height}` }]
  } catch {
    return [{ path, message: 'can’t be decoded as a picture' }] // that is the finding
  }
}
