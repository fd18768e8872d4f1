import type { Operation } from '../../changes/tables.ts'

/** What was done to one thing, as histories tell it. */
export interface Deed {
  verb: string
  /** How the things are called, at most a few. */
  names: { name: string; isPath: boolean }[]
  more: number
  /** `task`, `file`, as a plural where there are several. */
  noun: string
}

/** Names that are told of each kind of deed. */
const NAMED = 3

/** What a change did, in words: by what was done to what kind of thing. */
export function deedsOf(operations: Operation[]): Deed[] {
  const groups = Map.groupBy(operations, (operation) => `${operation.entity} ${verbFor(operation)}`)
  return [...groups.values()].map((group) => {
    const [first] = group
    return {
      verb: verbFor(first!),
      names: group
        .slice(0, NAMED)
        .map((operation) => ({ name: nameOf(operation), isPath: operation.entity === 'file' })),
      more: Math.max(0, group.length - NAMED),
      noun: group.length === 1 ? first!.entity : `${first!.entity}s`,
    }
  })
}

/** How a thing is called: by its path, its title, or its id. */
export function nameOf({
  entity,
  entityId,
  before,
  after,
}: Pick<Operation, 'entity' | 'entityId' | 'before' | 'after'>): string {
  if (entity === 'file') return entityId
  const { title, name } = (after ?? before ?? {}) as { title?: string; name?: string }
  return title ?? name ?? entityId
}

export function verbFor({
  entity,
  kind,
  before,
  after,
}: Pick<Operation, 'entity' | 'kind' | 'before' | 'after'>): string {
  if (kind === 'move') return after === null ? 'moved away' : 'moved'
  if (after === null) return 'removed'
  if (kind === 'restore') return 'brought back'
  if (before !== null) return 'changed'
  return entity === 'file' ? 'wrote' : 'added'
}

/** What kind of work a job is, as histories tell it. */
export function workWord(kind: string): string {
  return WORK[kind] ?? kind
}

const WORK: Readonly<Record<string, string>> = {
  plan: 'planning',
  write: 'writing',
  render: 'rendering',
  check: 'checking',
  chat: 'a conversation',
  'edit-tasks': 'editing the plan',
  run: 'a run',
}
