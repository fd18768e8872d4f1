import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { isClip } from '../projects/clip-paths.ts'
import { Contract, contractProblems } from '../projects/contract.ts'
import { treeProblems } from '../projects/tree-rules.ts'

const MOST_PARTS = 20
/** More changes than these are another plan, not a critique of this one. */
const MOST_CHANGES = 20

const Id = z.string().min(1).max(80)

const PlannedTask = z.object({
  id: Id,
  parent: z.string().nullable(),
  title: z.string().min(1).max(160),
  kind: z.enum(['write', 'render', 'note']),
  path: z.string().nullable(),
  prompt: z.string().nullable(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  dependsOn: z.array(z.string()),
  contract: z.preprocess((given) => given ?? null, Contract.nullable()),
})

/** What the planner's first pass answers. */
export const Outline = z.object({
  title: z.string().min(1).max(80),
  summary: z.string().min(1).max(600),
  parts: z.preprocess(
    (given) => given ?? [],
    z.array(z.object({ id: Id, title: z.string().min(1).max(160), holds: z.string().max(600) })).max(MOST_PARTS),
  ),
})

/** What the second pass answers: flat, with `parent` and `dependsOn` by id. */
export const Tasks = z.object({ tasks: z.array(PlannedTask) })

/** What the third pass answers. */
export const Critique = z.object({
  changes: z.preprocess(
    (given) => given ?? [],
    z
      .array(
        z.object({
          action: z.enum(['add', 'change', 'remove']),
          id: z.string().max(80),
          why: z.string().max(600),
          task: z.preprocess((given) => given ?? null, PlannedTask.nullable()),
        }),
      )
      .max(MOST_CHANGES),
  ),
})

export type Outline = z.infer<typeof Outline>
export type Critique = z.infer<typeof Critique>
export type PlannedTask = z.infer<typeof PlannedTask>
/** The plan as it is carried out. */
export type Plan = Pick<Outline, 'title' | 'summary'> & { tasks: PlannedTask[] }

/** What a model must be told so that it can mend its plan; empty when the plan can be carried out. `clips`: whether something makes them here. */
export function planProblems(tasks: PlannedTask[], clips = false): string[] {
  const problems = [...treeProblems(tasks), ...(clips ? [] : clipsIn(tasks))]
  return problems.length > 0 ? problems : contractProblems(tasks)
}

/** The tasks with a group for each part of the outline that they name and did not make themselves, before the first of its tasks. */
export function withParts(tasks: PlannedTask[], { parts }: Pick<Outline, 'parts'>): PlannedTask[] {
  const own = new Set(tasks.map(({ id }) => id))
  const open = new Map(parts.filter(({ id }) => !own.has(id)).map((part) => [part.id, part]))
  return tasks.flatMap((task) => {
    const part = task.parent === null ? undefined : open.get(task.parent)
    if (!part) return [task]
    open.delete(part.id)
    return [groupOf(part), task]
  })
}

/** The tasks as a critique would have them; what waited for a task that goes, waits no more. */
export function critiqued(tasks: PlannedTask[], { changes }: Critique): PlannedTask[] {
  return changes.reduce((now, { action, id, task }) => {
    if (action === 'remove')
      return now
        .filter((each) => each.id !== id)
        .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((other) => other !== id) }))
    if (!task) return now
    return action === 'add' ? now.concat(task) : now.map((each) => (each.id === id ? { ...task, id } : each))
  }, tasks)
}

/** @throws DomainError `plan_unusable` with the problems */
export function refusePlan(problems: string[]): never {
  throw new DomainError(
    'plan_unusable',
    `The model’s plan can’t be carried out: ${problems[0]} Try again, or say more in the brief.`,
    {
      retryable: true,
      context: { problems: problems.slice(0, 20) },
    },
  )
}

function clipsIn(tasks: PlannedTask[]): string[] {
  return tasks
    .filter(({ kind, path }) => kind === 'render' && isClip(path))
    .map(({ id, path }) => `“${id}” renders the clip “${path}”, and nothing here makes clips: plan a picture instead.`)
}

function groupOf({ id, title }: Outline['parts'][number]): PlannedTask {
  const nothing = { parent: null, path: null, prompt: null, width: null, height: null, contract: null }
  return { ...nothing, id, title, kind: 'note', dependsOn: [] }
}
