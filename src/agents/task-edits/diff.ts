import type { EditedTask } from '../../projects/task-edits.ts'

/** What an edit does to one task, for a person to look at. */
export interface EditRow {
  what: 'added' | 'changed' | 'removed'
  title: string
  /** Each field that differs, in words; null where there was, or will be, nothing. */
  fields: { name: string; before: string | null; after: string | null }[]
}

/** What differs between two plans, a row for each task that does: first what comes, then what changes, then what goes. */
export function editRows(before: EditedTask[], after: EditedTask[]): EditRow[] {
  const old = new Map(before.map((task) => [task.id, task]))
  const kept = new Set(after.map(({ id }) => id))
  const titles = new Map([...before, ...after].map(({ id, title }) => [id, title]))
  const added = after.filter(({ id }) => !old.has(id))
  const changed = after.filter(({ id }) => old.has(id))
  const gone = before.filter(({ id }) => !kept.has(id))
  const place = placesOf(before, after)
  return [
    ...added.map((task) => rowOf('added', task.title, undefined, factsOf(task, titles))),
    ...changed
      .map((task) =>
        rowOf('changed', task.title, factsOf(old.get(task.id)!, titles), { ...factsOf(task, titles), ...place(task) }),
      )
      .filter(({ fields }) => fields.length > 0),
    ...gone.map((task) => rowOf('removed', task.title, factsOf(task, titles), undefined)),
  ]
}

type Facts = Record<string, string | null>
const NOWHERE: Facts = {}

function factsOf(task: EditedTask, titles: ReadonlyMap<string, string>): Facts {
  const named = (id: string) => titles.get(id) ?? id
  return {
    title: task.title,
    kind: { write: 'a file', render: 'a picture', note: 'a note or group' }[task.kind],
    file: task.path,
    due: task.dueAt ? new Date(task.dueAt).toISOString().slice(0, 10) : null,
    in: task.parent === null ? null : named(task.parent),
    'waits for': task.dependsOn.length > 0 ? task.dependsOn.map(named).join(', ') : null,
    says: task.prompt,
    size: task.width === null ? null : `${task.width} × ${task.height}`,
    state: task.status === 'done' ? 'done' : null,
  }
}

/** A task that stands elsewhere among the same neighbours; spacing alone is no move. */
function placesOf(before: EditedTask[], after: EditedTask[]): (task: EditedTask) => Facts {
  const ranks = (tasks: EditedTask[], kept: Set<string>) =>
    new Map(
      [...Map.groupBy(tasks, ({ parent }) => parent).values()].flatMap((group) =>
        group
          .filter(({ id }) => kept.has(id))
          .sort((a, b) => a.position - b.position)
          .map(({ id }, rank, all) => [id, all[rank - 1]?.id ?? null] as const),
      ),
    )
  const both = new Set(
    before
      .filter(({ id, parent }) => after.some((task) => task.id === id && task.parent === parent))
      .map(({ id }) => id),
  )
  const [old, young] = [ranks(before, both), ranks(after, both)]
  return ({ id }) =>
    both.has(id) && old.get(id) !== young.get(id) ? { order: 'elsewhere among its neighbours' } : NOWHERE
}

function rowOf(what: EditRow['what'], title: string, before: Facts | undefined, after: Facts | undefined): EditRow {
  const names = Object.keys({ ...before, ...after })
  const fields = names
    .map((name) => ({ name, before: before?.[name] ?? null, after: after?.[name] ?? null }))
    .filter((field) => field.before !== field.after)
    .filter(({ name }) => what === 'changed' || name !== 'title')
  return { what, title, fields }
}
