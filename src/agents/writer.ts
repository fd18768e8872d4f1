import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { takesMostOut } from '../files/diff/takes-most-out.ts'
import { projectPath } from '../files/paths.ts'
import type { SymbolReader } from '../files/symbols/symbols.ts'
import type { Done, Handler, JobContext } from '../jobs/handler.ts'
import { refOf } from '../jobs/settle.ts'
import { addUsage, type Usage } from '../llm/provider.ts'
import { chainFrom } from '../llm/through-chain.ts'
import type { WrittenFile } from '../llm/write-file.ts'
import { isClip, pathsOfTask } from '../projects/clip-paths.ts'
import { projectById, refreshStatus } from '../projects/projects.ts'
import { submitWork } from '../projects/proposals.ts'
import { policyOf } from '../projects/scan-policy.ts'
import type { Project, Task } from '../projects/tables.ts'
import { taskById, tasksOf } from '../projects/tasks.ts'
import { neighboursOf } from '../workspace/effects/neighbours.ts'
import { FILE } from '../workspace/file-entity.ts'
import { filesOf, keepContent, readFileText, versionNow } from '../workspace/files.ts'
import { askFile, draftOf, type FileAsking } from './ask-file.ts'
import { allowedFile, askAbout } from './danger-question.ts'
import { inSentences } from './dangers.ts'
import { type GateFacts, type Inspection, inspectFile } from './file-gates.ts'
import { type MendedFile, mendFile } from './mend-file.ts'
import type { AgentDeps } from './planner.ts'
import type { Judges } from './verdict.ts'
import { writerContext, writerPrompts } from './writer-context.ts'

/** Times that a model is shown what is wrong with its file before the attempt fails. */
const REPAIRS = 2
/** Most of what is wrong that it is shown at once. */
const PROBLEMS_AT_MOST = 20

export interface WriterDeps extends AgentDeps, Judges {
  blobs: Blobs
  symbols: SymbolReader
}

/** The job that writes one file. */
export function writeHandler(deps: WriterDeps): Handler<{ task: string }> {
  return {
    kind: 'write',
    lane: 'write',
    run: (ctx) => writeTask(deps, ctx),
    moved: (tx, job) => refreshStatus(deps, tx, job.scope!),
  }
}

async function writeTask(deps: WriterDeps, ctx: JobContext<{ task: string }>): Promise<Done> {
  const task = await taskById(deps.db.read, ctx.input.task)
  const project = await projectById(deps.db.read, task.project)
  const path = projectPath(task.path!)
  await ctx.phase('writing')
  const { blob, baseVersion, destroys, ...how } = await ctx.step('file', () =>
    writeAndKeep(deps, project, task, path, ctx),
  )
  return {
    result: { path, bytes: blob.bytes, sha256: blob.hash, ...how, prompts: writerPrompts() },
    effects: async (tx) => {
      const seen = baseVersion ?? (await versionNow(tx, project.id, path))
      const edit = { do: 'put', entity: FILE, id: path, baseVersion: seen, state: blob } as const
      const about = { project: project.id, task: task.id, job: refOf(ctx.job), reason: `Wrote ${path}` }
      await submitWork(deps, tx, { ...about, edits: [edit], destroys })
    },
  }
}

/** The file's content in the blobs, and how it came about: what a later attempt need not do again. */
async function writeAndKeep(
  deps: WriterDeps,
  project: Project,
  task: Task,
  path: string,
  ctx: JobContext<{ task: string }>,
) {
  const { text, ...how } = await goodFile(deps, project, task, path, ctx)
  await ctx.phase('saving')
  const [there] = (await filesOf(deps.db.read, project.id)).filter((file) => file.path === path)
  const destroys = there !== undefined && takesMostOut(await readFileText(deps, there), text)
  return { blob: await keepContent({ read: deps.db.read, ...deps }, project.id, path, text), destroys, ...how }
}

/** `baseVersion`: of the file that was mended, as the model saw it. */
type GoodFile = MendedFile & Pick<Inspection, 'advice' | 'findings'> & { baseVersion?: number }

/**
 * Asks for the file until nothing speaks against it, of the model that has answered. What the project's policy asks about is
 * mended once; then a person decides. @throws DomainError `file_invalid` (retryable); Hold `danger_found`
 */
async function goodFile(
  deps: WriterDeps,
  project: Project,
  task: Task,
  path: string,
  ctx: JobContext<{ task: string }>,
): Promise<GoodFile> {
  const allowed = await allowedFile(deps, ctx)
  if (allowed) return allowed
  const told = await writerContext(deps, project, { ...task, path }, ctx.signal)
  const { system, context, present } = told
  const chain = deps.models.chain('write', project.model)
  const clips = (await tasksOf(deps.db.read, project.id)).some((each) => each.kind === 'render' && isClip(each.path))
  const asking = { newId: deps.newId, models: deps.models, chain, project, path, clips, system, context }
  let written = present ? await mendFile(asking, present, ctx, true) : await firstFile(asking, told.question, ctx)
  let usage: Usage = written.usage
  for (let repairs = 0; ; repairs++) {
    const facts = await factsOf(deps, project, task, path, written.text)
    const inspected = await inspectFile(path, written.text, {
      ...facts,
      compilers: deps.compilers,
      signal: ctx.signal,
    })
    const { problems, asks, urges, findings } = inspected
    const isGood = problems.length === 0 && (urges.length === 0 || repairs > 0)
    const advice = [...urges, ...inspected.advice]
    const good = { ...written, usage, advice, findings, ...(present && { baseVersion: present.version }) }
    if (isGood && asks.length === 0) return good
    if (isGood && repairs > 0) throw askAbout(ctx, path, good, asks)
    ctx.replaceText('') // also when this attempt ends here: the next must not go on from a file that is wrong
    if (repairs === REPAIRS) throw invalidFile(path, problems)
    await ctx.phase('mending')
    asking.chain = chainFrom(asking.chain, written)
    const wrong = [...problems, ...inSentences(asks), ...advice].slice(0, PROBLEMS_AT_MOST)
    written = await mendFile(asking, told.mending(written.text, wrong), ctx, false)
    usage = addUsage(usage, written.usage)
  }
}

function firstFile(asking: FileAsking, question: string, ctx: JobContext<unknown>): Promise<WrittenFile> {
  return askFile(asking, { kind: 'write', messages: [{ role: 'user', content: question }], draft: draftOf(ctx) }, ctx)
}

/** What is planned, and what is there at this moment: others may have written since. */
async function factsOf(deps: WriterDeps, { id }: Project, task: Task, path: string, text: string): Promise<GateFacts> {
  const files = await filesOf(deps.db.read, id)
  const planned = (await tasksOf(deps.db.read, id)).flatMap(pathsOfTask).map((each) => each.normalize('NFC'))
  const own = files.find((file) => file.path === path)
  const before = own && (await readFileText(deps, own))
  const paths = new Set([...files.map((file) => file.path), ...planned, path])
  const around = await neighboursOf(deps, files, { path, text, before })
  return { prompt: task.prompt, paths, files, before, ...around, policy: await policyOf(deps.db.read, id) }
}

function invalidFile(path: string, problems: string[]): DomainError {
  return new DomainError(
    'file_invalid',
    `The model’s ${path} has an error that it could not mend: ${problems[0]!.replace(/\.?$/, '.')} Retry, or choose another model.`,
    {
      retryable: true,
      context: { path, problems: problems.slice(0, PROBLEMS_AT_MOST) },
    },
  )
}
