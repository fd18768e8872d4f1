import type { Blobs } from '../files/blobs.ts'
import type { Aim } from '../files/map/rank.ts'
import { projectPath } from '../files/paths.ts'
import { FILE_PROMPTS } from '../llm/file-prompts.ts'
import type { ModelFacts } from '../llm/model-table.ts'
import type { Models } from '../llm/models.ts'
import { prompt, promptVersion } from '../llm/prompts.ts'
import { contractLines } from '../projects/contract.ts'
import { buildsOn } from '../projects/state.ts'
import type { Project, Task } from '../projects/tables.ts'
import { type TasksDeps, tasksOf } from '../projects/tasks.ts'
import { exactText } from '../workspace/exact-text.ts'
import { filesOf, type ProjectFile, readFileText } from '../workspace/files.ts'
import type { Mending } from './mend-file.ts'
import { type MapDeps, projectMap } from './project-map.ts'

/** What a writer is told, but for the rules of the answer's form. */
export type WriterContext = {
  /** The rules of its role. */
  system: string
  /** What all files of the project share. */
  context: string
  /** The request to mend what came of it, with the files that its task depends on as far as there is room beside it. */
  mending(text: string, problems: string[]): Mending
} & (
  | { question: string; present?: undefined }
  /** A file that is to be mended: as it is, in which version, and the request for that. */
  | { present: Mending & { version: number } }
)

/** What the map of a project may take, in tokens; docs/benchmarks.md says what is found in it. */
const MAP_TOKENS = 8_000
/** What is kept of a model's window for its answer, at most. */
const ANSWER_TOKENS = 32_000
/** Of what a model can take beyond the plan, what the files that a task depends on may fill. */
const SOURCES = 0.75

export interface WriterContextDeps extends Pick<TasksDeps, 'db'>, MapDeps {
  models: Models
}

/**
 * All that the writer of a task gets to see: its role and the plan, which all files share; then a map of the project's other
 * files, and whole the files that the task depends on. One that a small model's window has no room for is in the map too.
 */
export async function writerContext(
  deps: WriterContextDeps,
  project: Project,
  task: Task & { path: string },
  signal: AbortSignal,
): Promise<WriterContext> {
  const { brief, title, summary } = project
  const [tasks, files] = [await tasksOf(deps.db.read, task.project), await filesOf(deps.db.read, task.project)]
  const told = {
    system: prompt('writer'),
    context: prompt('plan-context', { brief, title, summary, tasks: tasks.map(promised) }),
  }
  const { provider, model } = deps.models.chain('write', project.model)[0]!
  const room = roomOf(deps.models.facts(provider.name, model)) - count(told.system + told.context)
  const own = task.mends ? files.find(({ path }) => path === task.path) : undefined
  const around = files.filter(({ path }) => path !== task.path)
  const before = own && ((await exactText(deps, own)) ?? (await readFileText(deps, own)))
  const needed = await sourcesOf(deps, buildsOn(task, tasks), around)
  const sources = fitting(needed, (room - count(before ?? '')) * SOURCES)
  const mending = (text: string, problems: string[]): Mending => {
    const shown = { path: task.path, text, problems, sources: fitting(needed, (room - count(text)) * SOURCES) }
    return { before: text, question: (edits) => prompt('repair', { ...shown, edits }) }
  }
  const asked = (edits: boolean) => questionOf(task, before, sources, edits)
  const others = around.filter(({ path }) => !sources.some((source) => source.path === path))
  const tokens = provider.demo ? 0 : Math.min(MAP_TOKENS, room - count(asked(false))) // the demo reads none of it
  const map = tokens <= 0 ? '' : await projectMap(deps, others, aimOf(task, tasks), { tokens, count }, signal)
  const question = (edits: boolean) =>
    map === '' ? asked(edits) : `${prompt('project-map', { map })}\n\n${asked(edits)}`
  if (!own || before === undefined) return { ...told, question: question(false), mending }
  return { ...told, present: { before, version: own.version, question }, mending }
}

/** What a model can take, in tokens, beside its answer. */
function roomOf({ context, output }: ModelFacts): number {
  return context - Math.min(output, ANSWER_TOKENS, context / 2)
}

/** Tokens, rather too many than too few; the tokenizer would cost a third of a second to load. */
function count(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3)
}

function aimOf(task: Task & { path: string }, tasks: Task[]): Aim {
  const pathsOf = (some: Task[]) => some.flatMap(({ path }) => (path === null ? [] : [path.normalize('NFC')]))
  const builtOn = (one: Task) => pathsOf(buildsOn(one, tasks))
  return {
    text: `${task.path} ${task.title} ${task.prompt ?? ''}`,
    near: builtOn(task),
    plan: tasks.flatMap((each) =>
      pathsOf([each]).flatMap((path) => builtOn(each).map((on): [string, string] => [path, on])),
    ),
  }
}

/** The request for the file, or, where the task mends one that is there, for that one, or edits of it, with what was found in it. */
function questionOf(
  task: Task & { path: string },
  before: string | undefined,
  sources: Source[],
  edits: boolean,
): string {
  if (before === undefined) return prompt('file-question', { ...task, sources })
  return prompt('mend-question', { ...task, text: before, sources, edits })
}

/** A task with its contract in words. */
function promised(task: Task) {
  return { ...task, promises: contractLines(task.contract) }
}

/** The prompts that wrote a file, `name@version` each, for the books. */
export function writerPrompts(): string[] {
  const own = ['writer', 'plan-context', 'project-map', 'file-question', 'mend-question', 'repair', 'edits-refused']
  return [...own, ...FILE_PROMPTS].map(promptVersion)
}

interface Source {
  path: string
  text: string
}

/** The files of the tasks that it depends on. One that a person marked as done may have none. */
async function sourcesOf(deps: { blobs: Blobs }, tasks: Task[], files: ProjectFile[]): Promise<Source[]> {
  const sources: Source[] = []
  const byPath = new Map(files.map((file) => [file.path, file]))
  for (const each of tasks) {
    const file = each.kind === 'write' ? byPath.get(projectPath(each.path!)) : undefined
    if (file) sources.push({ path: file.path, text: await readFileText(deps, file) })
  }
  return sources
}

/** Those for which there is room, the first first. */
function fitting(sources: Source[], tokens: number): Source[] {
  let left = tokens
  return sources.filter(({ text }) => {
    if (count(text) > left) return false
    left -= count(text)
    return true
  })
}
