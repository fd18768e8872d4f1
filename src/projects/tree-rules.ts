import { DomainError } from '../errors.ts'
import { caseKey, projectPath } from '../files/paths.ts'
import { isClip } from './clip-paths.ts'
import type { TaskKind } from './state.ts'

/** Deepest nesting of a plan's tasks. */
const MOST_LEVELS = 6
const MOST_TASKS = 200

/** A task as the rules of the tree see it: one of a model's plan, or one of a project. */
export interface TreeTask {
  id: string
  parent: string | null
  kind: TaskKind
  path: string | null
  dependsOn: string[]
  /** Mends a file that another task makes. */
  mends?: boolean
  /** What people call it; its id where it has no other name. */
  name?: string
}

/** Why a plan can't be carried out, in words for whoever made it, a model or a person; empty when it can. */
export function treeProblems(tasks: TreeTask[]): string[] {
  if (!tasks.some(({ kind }) => kind !== 'note'))
    return ['The plan makes nothing: it needs at least one write or render task.']
  const many = tasks.filter(({ mends }) => !mends).length
  if (many > MOST_TASKS) return [`The plan has ${many} tasks; at most ${MOST_TASKS} are allowed.`]
  const problems = [...repeatedIds(tasks), ...unknownIds(tasks), ...badPaths(tasks)]
  if (problems.length > 0) return problems
  return [...tooDeep(tasks), ...cycles(tasks)]
}

function called({ id, name }: TreeTask): string {
  return `“${name ?? id}”`
}

function repeatedIds(tasks: TreeTask[]): string[] {
  const seen = new Set<string>()
  return tasks.flatMap(({ id }) => (seen.size === seen.add(id).size ? [`The id “${id}” is used twice.`] : []))
}

function unknownIds(tasks: TreeTask[]): string[] {
  const ids = new Set(tasks.map(({ id }) => id))
  return tasks.flatMap((task) =>
    [...task.dependsOn, ...(task.parent === null ? [] : [task.parent])]
      .filter((other) => !ids.has(other))
      .map((other) => `${called(task)} names “${other}”, which is no task of the plan.`),
  )
}

function badPaths(tasks: TreeTask[]): string[] {
  const taken = new Map<string, TreeTask>()
  const problems = tasks.flatMap((task) => {
    const { kind, path } = task
    if (kind === 'note') return []
    if (path === null) return [`${called(task)} needs a path.`]
    if (kind === 'render' && !/\.png$/i.test(path) && !isClip(path))
      return [`${called(task)} renders to “${path}”; pictures are .png files, clips .mp4 files.`]
    const problem = pathProblem(path)
    if (problem) return [`${called(task)}: ${problem}`]
    if (task.mends) return []
    const key = caseKey(projectPath(path))
    const other = taken.get(key)
    taken.set(key, task)
    return other ? [`${called(task)} and ${called(other)} both make “${path}”.`] : []
  })
  return [...problems, ...filesAsFolders(taken)]
}

/** What names a file also as the folder of another; `taken` holds the task of each path. */
function filesAsFolders(taken: Map<string, TreeTask>): string[] {
  return [...taken].flatMap(([path, task]) => {
    const parts = path.split('/')
    const above = parts.slice(1).map((_, i) => taken.get(parts.slice(0, i + 1).join('/')))
    return above.flatMap((other) =>
      other ? [`${called(other)} makes a file where ${called(task)} needs a folder.`] : [],
    )
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

function tooDeep(tasks: TreeTask[]): string[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const levels = (task: TreeTask, seen = new Set<string>()): number => {
    if (seen.has(task.id)) return Number.POSITIVE_INFINITY
    const parent = task.parent === null ? undefined : byId.get(task.parent)
    return parent ? 1 + levels(parent, seen.add(task.id)) : 1
  }
  return tasks.flatMap((task) => {
    const depth = levels(task)
    if (depth === Number.POSITIVE_INFINITY) return [`${called(task)} is its own ancestor.`]
    return depth > MOST_LEVELS ? [`${called(task)} is ${depth} levels deep; at most ${MOST_LEVELS} are allowed.`] : []
  })
}

/**
 * Tasks that wait for each other for ever. A task waits for what it and its groups depend on; a group is done when all
 * beneath it is, so it waits for its children.
 */
function cycles(tasks: TreeTask[]): string[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const children = Map.groupBy(tasks, ({ parent }) => parent)
  const inherited = (task: TreeTask): string[] => [
    ...task.dependsOn,
    ...(task.parent === null ? [] : inherited(byId.get(task.parent)!)),
  ]
  const waits = (task: TreeTask): string[] =>
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
    if (cycle) return [`These tasks wait for each other: ${cycle.map((each) => nameOf(byId.get(each)!)).join(' → ')}.`]
  }
  return []
}

function nameOf({ id, name }: TreeTask): string {
  return name ?? id
}
