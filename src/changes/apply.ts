import { isDeepStrictEqual } from 'node:util'
import { type Tx, turn } from '../db/writer.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { Edit, NewChange } from './changes.ts'
import { type Contest, Contested, chooserFor } from './contest.ts'
import type { Entity, Present } from './entity.ts'
import { changeById, lastOperations, stateAt } from './history.ts'
import { type Merged, type Merging, mergeStates } from './merge.ts'
import { asStored, type Move, type RecordDeps, record } from './record.ts'
import type { Change, Operation } from './tables.ts'

/** Things that are looked up with one statement, between two turns of the event loop. */
const AT_ONCE = 1_000

/** A thing as a change finds it. */
export interface Found {
  present: Present<unknown> | undefined
  last: Operation | undefined
}

/** As `Changes.apply`. */
export async function applyEdits(deps: RecordDeps, tx: Tx, change: NewChange): Promise<Change> {
  const edits = change.edits.flatMap(asMoves)
  const found = await findAll(deps, tx, change.scope, edits)
  const moves: Move[] = []
  const contests: Contest[] = []
  for (const edit of edits) {
    const made = await decide(deps, tx, change, edit, found.get(keyOf(edit))!)
    if (made && 'disputes' in made) contests.push(made)
    else if (made) moves.push(made)
  }
  if (contests.length > 0) throw versionConflict(contests)
  if (moves.length > 0) return record(deps, tx, change, moves)
  const [first] = edits
  if (!first) throw new Error('A change needs something to change.')
  return changeById(tx, found.get(keyOf(first))!.last!.change)
}

/** The present states and the last operations of things, by `keyOf`. */
export async function findAll(
  { entityCalled }: RecordDeps,
  tx: Tx,
  scope: string,
  things: { entity: string; id: string }[],
): Promise<Map<string, Found>> {
  const found = new Map<string, Found>()
  for (const [entity, own] of Map.groupBy(things, (thing) => thing.entity)) {
    for (let at = 0; at < own.length; at += AT_ONCE) {
      const ids = own.slice(at, at + AT_ONCE).map(({ id }) => id)
      const present = await entityCalled(entity).read(tx, scope, ids)
      const last = await lastOperations(tx, scope, entity, ids)
      for (const id of ids) found.set(keyOf({ entity, id }), { present: present.get(id), last: last.get(id) })
      if (own.length > AT_ONCE) await turn()
    }
  }
  return found
}

/** The number that the next version goes on from. */
export function versionOf({ present, last }: Found): number {
  return Math.max(present?.version ?? 0, last?.version ?? 0)
}

export function keyOf({ entity, id }: { entity: string; id: string }): string {
  return `${entity} ${id}`
}

/** As the entity's room merges. */
export function merge(entity: Entity, tx: Tx, states: Merging<unknown>): Promise<Merged<unknown>> | Merged<unknown> {
  return entity.merge ? entity.merge(tx, states) : mergeStates(states, entity.texts)
}

type Step = Exclude<Edit, { do: 'rename' }> & { renames?: boolean; from?: { entity: string; id: string } }

/** To rename is to take away here and to put there. */
function asMoves(edit: Edit): Step[] {
  if (edit.do !== 'rename') return [edit]
  const { entity, id, to, baseVersion } = edit
  return [
    { do: 'create', entity, id: to, baseVersion: 0, state: undefined, renames: true, from: { entity, id } },
    { do: 'delete', entity, id, baseVersion, renames: true },
  ]
}

/** What an edit comes to; null where all is as it wants it. */
async function decide(
  deps: RecordDeps,
  tx: Tx,
  { scope, choices = [] }: NewChange,
  edit: Step,
  found: Found,
): Promise<Move | Contest | null> {
  const { entity, id } = edit
  const present = asStored(found.present?.state)
  const actual = found.present?.version ?? 0
  const seen = edit.baseVersion ?? actual
  const base = seen === actual ? present : asStored(await stateAt(tx, { scope, entity, id, version: seen }))
  const mine = asStored(await wanted(deps, tx, scope, edit, base, found))
  if (found.last && isDeepStrictEqual(present, mine)) return null
  if (present === null && mine === null) throw new NotFound(entity, id)
  const choose = chooserFor(choices, { entity, id, version: actual, seen })
  const merged =
    seen === actual
      ? { state: mine }
      : await merge(deps.entityCalled(entity), tx, { base, mine, theirs: present, choose })
  if ('disputes' in merged)
    return { entity, id, seen, version: actual, last: found.last?.change ?? null, disputes: merged.disputes }
  const after = asStored(merged.state)
  if (isDeepStrictEqual(present, after)) return null
  return {
    entity,
    id,
    kind: kindOf(edit, present, after),
    seen: seen === actual ? null : seen,
    baseVersion: versionOf(found),
    before: present,
    after,
  }
}

/** The state that the author of an edit wants. */
async function wanted(deps: RecordDeps, tx: Tx, scope: string, edit: Step, base: unknown, { last }: Found) {
  const { entity, id } = edit
  if (edit.do === 'delete') return null
  if (edit.do === 'restore') {
    if (!last) throw new NotFound(entity, id)
    if (last.after !== null) throw notDeleted(entity)
    return last.before
  }
  if (edit.do === 'update' || edit.do === 'move') {
    if (base === null) throw new NotFound(entity, id)
    return { ...(base as object), ...edit.fields }
  }
  if (!('state' in edit)) return null
  if (!edit.from) return edit.state
  const moved = (await deps.entityCalled(entity).read(tx, scope, [edit.from.id])).get(edit.from.id)
  if (!moved) throw new NotFound(entity, edit.from.id)
  return moved.state
}

function kindOf(edit: Step, before: unknown, after: unknown): Move['kind'] {
  if (edit.renames || edit.do === 'move') return 'move'
  if (after === null) return 'delete'
  if (before !== null) return 'update'
  return edit.do === 'restore' ? 'restore' : 'create'
}

function versionConflict(contests: Contest[]): Contested {
  const { entity } = contests[0]!
  return new Contested(
    'version_conflict',
    `The ${entity} changed in the meantime, where you changed it too. Look at both, and choose.`,
    contests,
  )
}

function notDeleted(entity: string): Conflict {
  return new Conflict('not_deleted', `The ${entity} is there: nothing is to be restored.`)
}
