import type { Blobs } from '../files/blobs.ts'
import { projectPath } from '../files/paths.ts'
import { FILE_PROMPTS } from '../llm/file-prompts.ts'
import { prompt, promptVersion } from '../llm/prompts.ts'
import { contractLines } from '../projects/contract.ts'
import { buildsOn } from '../projects/state.ts'
import type { Project, Task } from '../projects/tables.ts'
import { type TasksDeps, tasksOf } from '../projects/tasks.ts'
import { filesOf, readFileText } from '../workspace/files.ts'

/** What a writer is told, but for the rules of the answer's form. */
export interface WriterContext {
  /** The rules of its role. */
  system: string
  /** What all files of the project share. */
  context: string
  /** Whether the file is to be written, or one that is there to be mended. */
  kind: 'write' | 'repair'
  question: string
}

/** All that the writer of a task gets to see: its role, the plan, and whole the files that the task depends on. */
export async function writerContext(
  deps: Pick<TasksDeps, 'db'> & { blobs: Blobs },
  { brief, title, summary }: Project,
  task: Task & { path: string },
): Promise<WriterContext> {
  const tasks = await tasksOf(deps.db.read, task.project)
  return {
    system: prompt('writer'),
    context: prompt('plan-context', { brief, title, summary, tasks: tasks.map(promised) }),
    ...(await questionOf(deps, task, await sourcesOf(deps, task, tasks))),
  }
}

/** The request for the file, or, where the task mends one that is there, for that one with what was found in it. */
async function questionOf(
  deps: Parameters<typeof writerContext>[0],
  task: Task & { path: string },
  sources: { path: string; text: string }[],
): Promise<Pick<WriterContext, 'kind' | 'question'>> {
  const files = task.mends ? await filesOf(deps.db.read, task.project) : []
  const file = files.find(({ path }) => path === task.path)
  if (!file) return { kind: 'write', question: prompt('file-question', { ...task, sources }) }
  const text = await readFileText(deps, file)
  const others = sources.filter(({ path }) => path !== task.path)
  return { kind: 'repair', question: prompt('mend-question', { ...task, text, sources: others }) }
}

/** A task with its contract in words. */
function promised(task: Task) {
  return { ...task, promises: contractLines(task.contract) }
}

/** The request to mend a file that can't be used. */
export function repairQuestion(path: string, text: string, problems: string[]): string {
  return prompt('repair', { path, text, problems })
}

/** The prompts that wrote a file, `name@version` each, for the books. */
export function writerPrompts(): string[] {
  return ['writer', 'plan-context', 'file-question', 'mend-question', 'repair', ...FILE_PROMPTS].map(promptVersion)
}

/** The files that the task's writer must see: those of the write tasks it depends on. One that a person marked as done may have none. */
async function sourcesOf(
  deps: Parameters<typeof writerContext>[0],
  task: Task,
  tasks: Task[],
): Promise<{ path: string; text: string }[]> {
  const sources: { path: string; text: string }[] = []
  const files = new Map((await filesOf(deps.db.read, task.project)).map((file) => [file.path, file]))
  for (const each of buildsOn(task, tasks)) {
    const file = each.kind === 'write' ? files.get(projectPath(each.path!)) : undefined
    if (file) sources.push({ path: file.path, text: await readFileText(deps, file) })
  }
  return sources
}
