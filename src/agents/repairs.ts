import type { Tx } from '../db/writer.ts'
import type { JobRef } from '../events/line.ts'
import { kindOf } from '../files/languages.ts'
import type { CheckResult } from '../projects/check.ts'
import type { Task } from '../projects/tables.ts'
import { POSITION_STEP } from '../projects/task-edits.ts'
import { startReady, TASK, type TasksDeps, tasksOf } from '../projects/tasks.ts'

/** Most repairs of a project. They are filed once. */
const MOST_REPAIRS = 5
/** Most findings that one repair is told of, and the most characters of its request. */
const MOST_LINES = 12
const MOST_CHARACTERS = 6_000

/** One file that is to be mended, and what was found in it. */
export interface Repair {
  path: string
  prompt: string
}

/** What was found, as at most five files to mend. What is certain comes first, and then what a model said, in its order. */
export function repairsOf(
  { problems, findings }: Pick<CheckResult, 'problems' | 'findings'>,
  mendable: ReadonlySet<string>,
): Repair[] {
  const lines = [
    ...problems.map(({ path, message }) => ({ path, line: `It ${message}.` })),
    ...findings.map(({ path, problem, fix }) => ({ path, line: fix ? `${problem} ${fix}` : problem })),
  ]
  const byPath = Map.groupBy(
    lines.filter(({ path }) => mendable.has(path)),
    ({ path }) => path,
  )
  return [...byPath]
    .slice(0, MOST_REPAIRS)
    .map(([path, found]) => ({ path, prompt: asList(found.map(({ line }) => line)) }))
}

/** The files that a writer can mend: text that is there and whole, or that was planned and never came. */
export function mendablePaths(
  planned: Task[],
  { problems }: Pick<CheckResult, 'problems'>,
  files: string[],
): Set<string> {
  const lost = new Set(problems.filter(({ unreadable }) => unreadable).map(({ path }) => path))
  const written = planned.flatMap(({ kind, path }) => (kind === 'write' ? [path!.normalize('NFC')] : []))
  const drawn = new Set(planned.flatMap(({ kind, path }) => (kind === 'render' ? [path!.normalize('NFC')] : [])))
  const texts = files.filter((path) => kindOf(path) === 'text' || path.endsWith('.svg'))
  return new Set([...written, ...texts].filter((path) => !lost.has(path) && !drawn.has(path)))
}

/** Adds the repairs to the plan, in a group of their own, and starts them. */
export async function fileRepairs(
  deps: TasksDeps,
  tx: Tx,
  { project, repairs, job }: { project: string; repairs: Repair[]; job: JobRef },
): Promise<void> {
  const tasks = await tasksOf(tx, project)
  const last = Math.max(0, ...tasks.map(({ position }) => position))
  const about = { scope: project, by: `job:${job.id}`, job }
  const group = deps.newId()
  const nothing = { width: null, height: null, contract: null, status: 'todo' } as const
  const note = { kind: 'note', title: 'Repairs', path: null, prompt: null, parent: null, dependsOn: [], mends: false }
  const added = (id: string, nth: number, fields: object) =>
    ({
      do: 'create',
      entity: TASK,
      id,
      baseVersion: 0,
      state: {
        ...nothing,
        key: nth === 0 ? 'repairs' : `repair-${nth}`,
        position: last + (nth + 1) * POSITION_STEP,
        ...fields,
      },
    }) as const
  const filed = repairs.map((repair) => ({ task: deps.newId(), ...repair }))
  const mends = filed.map(({ task, path, prompt }, at) => {
    const work = { kind: 'write', title: `Mend ${path}`, path, prompt, parent: group }
    return added(task, at + 1, { ...work, dependsOn: neededBy(path, tasks), mends: true })
  })
  await deps.changes.apply(tx, { ...about, reason: 'What the check found', edits: [added(group, 0, note), ...mends] })
  const data = { tasks: filed.map(({ task, path }) => ({ task, path })) }
  await deps.events.append(tx, { ...about, type: 'repairs.filed', data })
  await startReady(deps, tx, project)
}

/** True when the project's repairs were filed: that is done once. */
export function wereFiled(tasks: Task[]): boolean {
  return tasks.some(({ mends }) => mends)
}

/** What the file's own task depends on: its writer must see it again. */
function neededBy(path: string, tasks: Task[]): string[] {
  const maker = tasks.find((task) => task.path?.normalize('NFC') === path && !task.mends)
  return maker?.dependsOn ?? []
}

function asList(lines: string[]): string {
  return lines
    .slice(0, MOST_LINES)
    .map((line) => `- ${line}`)
    .join('\n')
    .slice(0, MOST_CHARACTERS)
}
