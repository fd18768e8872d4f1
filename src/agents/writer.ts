import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { projectPath } from '../files/paths.ts'
import { validate } from '../files/validate.ts'
import type { Done, Handler, JobContext } from '../jobs/handler.ts'
import { refOf } from '../jobs/settle.ts'
import { addUsage, type Usage } from '../llm/provider.ts'
import { type WrittenFile, writeFile } from '../llm/write-file.ts'
import { projectById, refreshStatus } from '../projects/projects.ts'
import { buildsOn } from '../projects/state.ts'
import type { Project, Task } from '../projects/tables.ts'
import { completeTask, taskById, tasksOf } from '../projects/tasks.ts'
import { fileAt, readFileText, writeFile as writeProjectFile } from '../workspace/files.ts'
import { accountOf } from './account.ts'
import type { AgentDeps } from './planner.ts'
import { fileQuestion, planContext, repairQuestion, WRITER } from './prompts.ts'

const MOST_OUTPUT_TOKENS = 32_000
/** Times that a model is shown a parser's error before the attempt fails. */
const REPAIRS = 2

export interface WriterDeps extends AgentDeps {
  blobs: Blobs
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
    result: { path, bytes: blob.bytes, sha256: blob.hash, ...how },
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
  const { text, usage, provider, model, continuations } = await validFile(deps, project, task, path, ctx)
  await ctx.phase('saving')
  return { blob: await deps.blobs.put(text), usage, provider, model, continuations }
}

/** Asks for the file until the exact parser of its language takes it. @throws DomainError `file_invalid` (retryable) */
async function validFile(
  deps: WriterDeps,
  project: Project,
  task: Task,
  path: string,
  ctx: JobContext<{ task: string }>,
): Promise<WrittenFile> {
  const context = await contextOf(deps, project)
  const question = fileQuestion({ ...task, path }, await sourcesOf(deps, task))
  let written = await ask(deps, project, { kind: 'write', path, context, question, draft: ctx.draft.text }, ctx)
  let usage: Usage = written.usage
  for (let repairs = 0; ; repairs++) {
    const problems = (await validate(path, written.text)).map(({ line, message }) =>
      line ? `line ${line}: ${message}` : message,
    )
    if (problems.length === 0) return { ...written, usage }
    ctx.replaceText('') // also when this attempt ends here: the next must not go on from a file that is wrong
    if (repairs === REPAIRS) throw invalidFile(path, problems)
    await ctx.phase('mending')
    written = await ask(
      deps,
      project,
      { kind: 'repair', path, context, question: repairQuestion(path, written.text, problems) },
      ctx,
    )
    usage = addUsage(usage, written.usage)
  }
}

interface Question {
  kind: 'write' | 'repair'
  path: string
  context: string
  question: string
  draft?: string
}

async function ask(
  { models, newId }: WriterDeps,
  project: Project,
  { kind, path, context, question, draft }: Question,
  ctx: JobContext<unknown>,
): Promise<WrittenFile> {
  const chain = models.chain('write', project.model)
  const { provider, model } = chain[0]!
  await ctx.using({ provider: provider.name, model })
  return writeFile(
    { chain, newId },
    {
      system: WRITER,
      context,
      messages: [{ role: 'user', content: question }],
      maxOutputTokens: MOST_OUTPUT_TOKENS,
      task: { kind, brief: project.brief, path },
      account: accountOf(project, ctx.job),
      draft,
    },
    { onText: ctx.delta, onRestart: ctx.replaceText },
    ctx.signal,
  )
}

async function contextOf({ db }: WriterDeps, { id, brief, title, summary }: Project): Promise<string> {
  return planContext(brief, title, summary, await tasksOf(db.read, id))
}

/** The files that the task's writer must see: those of the write tasks it depends on. */
async function sourcesOf(deps: WriterDeps, task: Task): Promise<{ path: string; text: string }[]> {
  const sources: { path: string; text: string }[] = []
  for (const each of buildsOn(task, await tasksOf(deps.db.read, task.project))) {
    if (each.kind !== 'write') continue
    const file = await fileAt(deps.db.read, task.project, each.path!)
    sources.push({ path: file.path, text: await readFileText(deps, file) })
  }
  return sources
}

function invalidFile(path: string, problems: string[]): DomainError {
  return new DomainError(
    'file_invalid',
    `The model’s ${path} has an error that it could not mend: ${problems[0]} Retry, or choose another model.`,
    {
      retryable: true,
      context: { path, problems: problems.slice(0, 20) },
    },
  )
}
