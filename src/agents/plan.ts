import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { caseKey, projectPath } from '../files/paths.ts'

/** Deepest nesting of a plan's tasks. */
const MOST_LEVELS = 6
const MOST_TASKS = 200
/** The size of a picture when the plan names none, and the bounds of one it names, px. */
const PICTURE = { width: 1024, height: 768, least: 64, most: 2048 }

/** The plan as a planner answers it: flat, with `parent` and `dependsOn` by id. */
export const Plan = z.object({
  title: z.string().min(1).max(80),
  summary: z.string().min(1).max(600),
  tasks: z.array(
    z.object({
      id: z.string().min(1).max(80),
      parent: z.string().nullable(),
      title: z.string().min(1).max(160),
      kind: z.enum(['write', 'render', 'note']),
      path: z.string().nullable(),
      prompt: z.string().nullable(),
      width: z.number().int().nullable(),
      height: z.number().int().nullable(),
      dependsOn: z.array(z.string()),
    }),
  ),
})

export type Plan = z.infer<typeof Plan>
export type PlannedTask = Plan['tasks'][number]

/** What a model must be told so that it can mend its plan; empty when the plan can be carried out. */
export function planProblems({ tasks }: Plan): string[] {
  if (!tasks.some(({ kind }) => kind !== 'note'))
    return ['The plan makes nothing: it needs at least one write or render task.']
  if (tasks.length > MOST_TASKS) return [`The plan has ${tasks.length} tasks; at most ${MOST_TASKS} are allowed.`]
  const problems = [...repeatedIds(tasks), ...unknownIds(tasks), ...badPaths(tasks)]
  return problems.length > 0 ? problems : [...tooDeep(tasks), ...cycles(tasks)]
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

/** A picture's size in the plan's task, made one that engines can render: multiples of 64 within bounds. */
export function pictureSize({ width, height }: Pick<PlannedTask, 'width' | 'height'>): {
  width: number
  height: number
} {
  return { width: fit(width ?? PICTURE.width), height: fit(height ?? PICTURE.height) }
}

function fit(px: number): number {
  return Math.min(PICTURE.most, Math.max(PICTURE.least, Math.round(px / 64) * 64))
}

function repeatedIds(tasks: PlannedTask[]): string[] {
  const seen = new Set<string>()
  return tasks.flatMap(({ id }) => (seen.size === seen.add(id).size ? [`The id “${id}” is used twice.`] : []))
}

function unknownIds(tasks: PlannedTask[]): string[] {
  const ids = new Set(tasks.map(({ id }) => id))
  return tasks.flatMap(({ id, parent, dependsOn }) =>
    [...dependsOn, ...(parent === null ? [] : [parent])]
      .filter((other) => !ids.has(other))
      .map((other) => `“${id}” names “${other}”, which is no task of the plan.`),
  )
}

function badPaths(tasks: PlannedTask[]): string[] {
  const taken = new Map<string, string>()
  const problems = tasks.flatMap(({ id, kind, path }) => {
    if (kind === 'note') return []
    if (path === null) return [`“${id}” needs a path.`]
    if (kind === 'render' && !/\.png$/i.test(path)) return [`“${id}” renders to “${path}”; pictures are .png files.`]
    const problem = pathProblem(path)
    if (problem) return [`“${id}”: ${problem}`]
    const key = caseKey(projectPath(path))
    const other = taken.get(key)
    taken.set(key, id)
    return other ? [`“${id}” and “${other}” both make “${path}”.`] : []
  })
  return [...problems, ...filesAsFolders(taken)]
}

/** What names a file also as the folder of another; `taken` holds the task of each path. */
function filesAsFolders(taken: Map<string, string>): string[] {
  return [...taken].flatMap(([path, id]) => {
    const parts = path.split('/')
    const above = parts.slice(1).map((_, i) => taken.get(parts.slice(0, i + 1).join('/')))
    return above.flatMap((other) => (other ? [`“${other}” makes a file where “${id}” needs a folder.`] : []))
  })
}

function pathProblem(path: string): string | undefined {
  try {
    projectPath(path)
    return undefined
  } catch (error) {
    if (error instanceof DomainError) return error.message
    throw error
  }
}

function tooDeep(tasks: PlannedTask[]): string[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const levels = (task: PlannedTask, seen = new Set<string>()): number => {
    if (seen.has(task.id)) return Number.POSITIVE_INFINITY
    const parent = task.parent === null ? undefined : byId.get(task.parent)
    return parent ? 1 + levels(parent, seen.add(task.id)) : 1
  }
  return tasks.flatMap((task) => {
    const depth = levels(task)
    if (depth === Number.POSITIVE_INFINITY) return [`“${task.id}” is its own ancestor.`]
    return depth > MOST_LEVELS ? [`“${task.id}” is ${depth} levels deep; at most ${MOST_LEVELS} are allowed.`] : []
  })
}

/**
 * Tasks that wait for each other for ever. A task waits for what it and its groups depend on; a group is done when all
 * beneath it is, so it waits for its children.
 */
function cycles(tasks: PlannedTask[]): string[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const children = Map.groupBy(tasks, ({ parent }) => parent)
  const inherited = (task: PlannedTask): string[] => [
    ...task.dependsOn,
    ...(task.parent === null ? [] : inherited(byId.get(task.parent)!)),
  ]
  const waits = (task: PlannedTask): string[] =>
    task.kind === 'note' ? (children.get(task.id) ?? []).map(({ id }) => id) : inherited(task)
  const state = new Map<string, 'open' | 'clear'>()
  const visit = (id: string, way: string[]): string[] | undefined => {
    if (state.get(id) === 'clear') return undefined
    if (state.get(id) === 'open') return [...way.slice(way.indexOf(id)), id]
    state.set(id, 'open')
    for (const next of waits(byId.get(id)!)) {
      const cycle = visit(next, [...way, id])
      if (cycle) return cycle
    }
    state.set(id, 'clear')
    return undefined
  }
  for (const { id } of tasks) {
    const cycle = visit(id, [])
    if (cycle) return [`These tasks wait for each other: ${cycle.join(' → ')}.`]
  }
  return []
}
