import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { projectPath } from '../files/paths.ts'
import type { SymbolReader } from '../files/symbols/symbols.ts'
import type { Done, Handler, JobContext } from '../jobs/handler.ts'
import { refOf } from '../jobs/settle.ts'
import type { Choice } from '../llm/models.ts'
import { addUsage, type Usage } from '../llm/provider.ts'
import { chainFrom } from '../llm/through-chain.ts'
import { type WrittenFile, writeFile } from '../llm/write-file.ts'
import { projectById, refreshStatus } from '../projects/projects.ts'
import { policyOf } from '../projects/scan-policy.ts'
import type { Project, Task } from '../projects/tables.ts'
import { completeTask, taskById, tasksOf } from '../projects/tasks.ts'
import { filesOf, keepContent, readFileText, writeFile as writeProjectFile } from '../workspace/files.ts'
import { accountOf } from './account.ts'
import { allowedFile, askAbout } from './danger-question.ts'
import { inSentences } from './dangers.ts'
import { type GateFacts, type Inspection, inspectFile } from './file-gates.ts'
import type { AgentDeps } from './planner.ts'
import { tellAsking } from './tell-asking.ts'
import type { Judges } from './verdict.ts'
import { type WriterContext, writerContext, writerPrompts } from './writer-context.ts'

const MOST_OUTPUT_TOKENS = 32_000
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
  const { blob, ...how } = await ctx.step('file', () => writeAndKeep(deps, project, task, path, ctx))
  return {
    result: { path, bytes: blob.bytes, sha256: blob.hash, ...how, prompts: writerPrompts() },
    effects: async (tx) => {
      await writeProjectFile(deps, tx, {
        project: project.id,
        path,
        blob,
        by: `job:${ctx.job.id}`,
        job: refOf(ctx.job),
      })
      await completeTask(deps, tx, task.id, refOf(ctx.job))
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
  return { blob: await keepContent({ read: deps.db.read, ...deps }, project.id, path, text), ...how }
}

type GoodFile = WrittenFile & Pick<Inspection, 'advice' | 'findings'>

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
  let chain = deps.models.chain('write', project.model)
  let written = await ask(deps, chain, project, { ...told, path, draft: ctx.draft.text }, ctx)
  let usage: Usage = written.usage
  for (let repairs = 0; ; repairs++) {
    const facts = { ...(await factsOf(deps, project, task, path)), compilers: deps.compilers, signal: ctx.signal }
    const inspected = await inspectFile(path, written.text, facts)
    const { problems, asks, advice, findings } = inspected
    if (problems.length === 0 && asks.length === 0) return { ...written, usage, advice, findings }
    if (problems.length === 0 && repairs > 0) throw askAbout(ctx, path, { ...written, usage, advice, findings }, asks)
    ctx.replaceText('') // also when this attempt ends here: the next must not go on from a file that is wrong
    if (repairs === REPAIRS) throw invalidFile(path, problems)
    await ctx.phase('mending')
    const wrong = [...problems, ...inSentences(asks), ...advice]
    const question = told.mending(written.text, wrong.slice(0, PROBLEMS_AT_MOST))
    chain = chainFrom(chain, written)
    written = await ask(deps, chain, project, { ...told, kind: 'repair', path, question }, ctx)
    usage = addUsage(usage, written.usage)
  }
}

/** What is planned, and what is there at this moment: others may have written since. */
async function factsOf(deps: WriterDeps, { id }: Project, task: Task, path: string): Promise<GateFacts> {
  const files = await filesOf(deps.db.read, id)
  const planned = (await tasksOf(deps.db.read, id)).flatMap((each) =>
    each.path === null ? [] : [each.path.normalize('NFC')],
  )
  const own = files.find((file) => file.path === path)
  const before = own && (await readFileText(deps, own))
  const paths = new Set([...files.map((file) => file.path), ...planned, path])
  return { prompt: task.prompt, paths, files, before, policy: await policyOf(deps.db.read, id) }
}

interface Question extends Omit<WriterContext, 'mending'> {
  path: string
  draft?: string
}

async function ask(
  { newId }: WriterDeps,
  chain: Choice[],
  project: Project,
  { kind, path, system, context, question, draft }: Question,
  ctx: JobContext<unknown>,
): Promise<WrittenFile> {
  const { provider, model } = chain[0]!
  await ctx.using({ provider: provider.name, model })
  const telling = tellAsking(ctx)
  return writeFile(
    { chain, newId },
    {
      system,
      context,
      messages: [{ role: 'user', content: question }],
      maxOutputTokens: MOST_OUTPUT_TOKENS,
      task: { kind, brief: project.brief, path },
      account: accountOf(project, ctx.job),
      draft,
    },
    {
      ...telling,
      onText(delta) {
        telling.onAnswer()
        ctx.delta(delta)
      },
      onRestart: ctx.replaceText,
    },
    ctx.signal,
  )
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
