import { z } from 'zod'
import type { TaskEdit } from '../../projects/task-edits.ts'
import { DueDate, dueAtOf } from '../due-date.ts'

/** Names for a task that is there already are its keys; a new one is named by the model. */
const Name = z.string().min(1).max(80)

const Operation = z.object({
  do: z.enum(['create', 'edit', 'move', 'remove', 'finish']),
  task: Name,
  kind: z.enum(['write', 'render', 'note']).nullable(),
  title: z.string().max(160).nullable(),
  path: z.string().max(1_024).nullable(),
  prompt: z.string().max(20_000).nullable(),
  dependsOn: z.array(Name).max(200).nullable(),
  parent: Name.nullable(),
  before: Name.nullable(),
  due: z.union([DueDate, z.literal('none')]).nullable(),
})

/** The answer of the model that turns a wish into edits. */
export const WishAnswer = z.object({
  note: z.string().max(600),
  operations: z.array(Operation).max(200),
})

export type WishAnswer = z.infer<typeof WishAnswer>
type Operation = WishAnswer['operations'][number]

/** The edits that a model's operations mean, names as ids; or what names nothing, in words for the model. */
export function editsOf(
  operations: Operation[],
  tasks: { id: string; key: string }[],
  newId: () => string,
): { edits: TaskEdit[] } | { problems: string[] } {
  const ids = new Map(tasks.map(({ id, key }) => [key, id]))
  const problems: string[] = []
  for (const { do: what, task, kind, title } of operations) {
    if (what !== 'create') continue
    if (ids.has(task)) problems.push(`“${task}” is there already: a new task needs a name of its own.`)
    if (kind === null || !title?.trim()) problems.push(`The new task “${task}” needs a kind and a title.`)
    ids.set(task, newId())
  }
  const idOf = (name: string): string => {
    const id = ids.get(name)
    if (!id) problems.push(`There is no task “${name}”.`)
    return id ?? name
  }
  const edits = operations.flatMap((operation) => editOf(operation, idOf))
  return problems.length > 0 ? { problems: [...new Set(problems)] } : { edits }
}

function editOf(operation: Operation, idOf: (name: string) => string): TaskEdit[] {
  const { do: what, kind, title, path, prompt, dependsOn, parent, before, due } = operation
  const task = idOf(operation.task)
  const place = { parent: parent === null ? null : idOf(parent), before: before === null ? null : idOf(before) }
  if (what === 'remove' || what === 'finish') return [{ do: what, task }]
  if (what === 'move') return [{ do: 'move', task, ...place }]
  const wish = {
    ...(path === null ? {} : { path }),
    ...(prompt === null ? {} : { prompt }),
    ...(dependsOn === null ? {} : { dependsOn: dependsOn.map(idOf) }),
    ...(due === null ? {} : { dueAt: dueAtOf(due === 'none' ? null : due) }),
  }
  if (what === 'create')
    return [{ do: 'create', id: task, kind: kind ?? 'note', title: title ?? '', ...wish, ...place }]
  return [{ do: 'edit', task, ...(title?.trim() ? { title } : {}), ...wish }]
}
