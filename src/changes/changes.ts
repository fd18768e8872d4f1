import { isDeepStrictEqual } from 'node:util'
import { eq } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { EventLog } from '../events/append.ts'
import type { JobRef } from '../events/line.ts'
import type { Entity } from './entity.ts'
import { changeById, lastChange, standsOn } from './history.ts'
import { type Change, changes } from './tables.ts'

export interface Edit<State = unknown> {
  /** The project. */
  scope: string
  /** The entity's name, as its room brought it. */
  entity: string
  id: string
  /** The version that the author saw: 0 = it must not exist yet; undefined = whatever is there now. */
  baseVersion?: number | undefined
  /** The whole new state; null deletes. */
  after: State | null
  /** Who: `person:<id>`, `job:<id>`, `system`. */
  by: string
  job?: JobRef | undefined
}

export interface Changes {
  /**
   * Makes one edit, in the caller's transaction: records what was and what is, and appends `change.applied`. An edit to
   * the state that is there already changes nothing and returns the change that made it so, whatever its `baseVersion`:
   * that makes a repeated edit safe.
   * @throws Conflict `version_conflict` when the entity is not at `baseVersion`; NotFound when what is to be deleted isn't there
   */
  apply<State>(tx: Tx, edit: Edit<State>): Promise<Change>
  /**
   * Takes one change back by a new one, which can itself be undone; appends `change.undone`. Later changes of the entity
   * stand in the way unless they were undone.
   * @throws NotFound `unknown_change`; Conflict `already_undone`, `changed_since`
   */
  undo(tx: Tx, changeId: string, by: string): Promise<Change>
  /**
   * Takes several changes of one project back, in the order given (the last that was made first): what stands between two of
   * them need not be sound, only what is there in the end.
   * @throws as `undo`; then the caller's transaction must not be committed
   */
  undoAll(tx: Tx, changeIds: string[], by: string): Promise<Change[]>
}

export interface ChangesDeps {
  events: EventLog
  now: () => number
  newId: () => string
  // biome-ignore lint/suspicious/noExplicitAny: each room's entity has a state of its own
  entities: Entity<any>[]
}

export function openChanges(deps: ChangesDeps): Changes {
  const entities = new Map(deps.entities.map((entity) => [entity.name, entity]))
  return {
    apply: (tx, edit) => applyEdit(deps, entityCalled(entities, edit.entity), tx, edit),
    undo: async (tx, changeId, by) => (await undoAll(deps, entities, tx, [changeId], by))[0]!,
    undoAll: (tx, changeIds, by) => undoAll(deps, entities, tx, changeIds, by),
  }
}

async function undoAll(
  deps: ChangesDeps,
  entities: ReadonlyMap<string, Entity>,
  tx: Tx,
  ids: string[],
  by: string,
): Promise<Change[]> {
  const undone: Change[] = []
  for (const id of ids) {
    const change = await changeById(tx, id)
    undone.push(await undoChange(deps, entityCalled(entities, change.entity), tx, change, by))
  }
  const touched = new Map(undone.map(({ entity, scope }) => [`${entity} ${scope}`, { entity, scope }]))
  for (const { entity, scope } of touched.values()) await entityCalled(entities, entity).afterUndo?.(tx, scope)
  return undone
}

async function applyEdit(deps: ChangesDeps, entity: Entity, tx: Tx, edit: Edit): Promise<Change> {
  const { scope, id, baseVersion, by, job } = edit
  const present = await entity.read(tx, scope, id)
  const last = await lastChange(tx, scope, entity.name, id)
  const after = asStored(edit.after)
  if (last && isDeepStrictEqual(asStored(present?.state), after)) return last
  if (!present && after === null) throw new NotFound(entity.name, id)
  const actual = present?.version ?? 0
  if (baseVersion !== undefined && baseVersion !== actual) throw versionConflict(entity.name, id, baseVersion, actual)
  const base = Math.max(actual, last?.version ?? 0)
  const change = await record(deps, tx, {
    scope,
    entity: entity.name,
    entityId: id,
    by,
    job: job?.id ?? null,
    baseVersion: base,
    before: asStored(present?.state),
    after,
    undoes: null,
  })
  await entity.write(tx, { scope, id, version: change.version, state: after, change, job })
  await tell(deps, tx, 'change.applied', change, job)
  return change
}

async function undoChange(deps: ChangesDeps, entity: Entity, tx: Tx, change: Change, by: string): Promise<Change> {
  const { scope, entityId: id } = change
  if (change.undoneBy) throw alreadyUndone(change)
  const last = await lastChange(tx, scope, entity.name, id)
  if (!last || !(await standsOn(tx, last, change))) throw changedSince(change, last)
  const undoing = await record(deps, tx, {
    scope,
    entity: entity.name,
    entityId: id,
    by,
    job: null,
    baseVersion: last.version,
    before: change.after,
    after: change.before,
    undoes: change.id,
  })
  await tx.update(changes).set({ undoneBy: undoing.id }).where(eq(changes.id, change.id))
  await entity.write(tx, { scope, id, version: undoing.version, state: undoing.after, change: undoing })
  await tell(deps, tx, 'change.undone', undoing)
  return undoing
}

type NewChange = Omit<Change, 'seq' | 'id' | 'version' | 'undoneBy' | 'at'>

async function record({ now, newId }: ChangesDeps, tx: Tx, change: NewChange): Promise<Change> {
  const [made] = await tx
    .insert(changes)
    .values({ ...change, id: newId(), version: change.baseVersion + 1, at: now() })
    .returning()
  return made!
}

/** `undone` says of a `change.undone` which change it took back; `change` is always the change that was just made. */
async function tell({ events }: ChangesDeps, tx: Tx, type: string, change: Change, job?: JobRef): Promise<void> {
  const { id, scope, entity, entityId, version, by, undoes } = change
  const data = { change: id, entity, id: entityId, version, ...(undoes ? { undoes } : {}) }
  await events.append(tx, { type, scope, by, data, ...(job ? { job } : {}) })
}

function entityCalled(entities: ReadonlyMap<string, Entity>, name: string): Entity {
  const entity = entities.get(name)
  if (!entity) throw new Error(`No room brought an entity “${name}”.`)
  return entity
}

/** The state as JSON keeps it, so that what is compared is what is stored. */
function asStored(state: unknown): unknown {
  return state === null || state === undefined ? null : JSON.parse(JSON.stringify(state))
}

function versionConflict(entity: string, id: string, expected: number, actual: number): Conflict {
  return new Conflict(
    'version_conflict',
    `The ${entity} changed in the meantime. Look at it again, then repeat what you wanted.`,
    { context: { entity, id, expected, actual } },
  )
}

function alreadyUndone({ id, undoneBy }: Change): Conflict {
  return new Conflict('already_undone', 'This change has been undone already. To bring it back, undo its undoing.', {
    context: { change: id, undoneBy },
  })
}

function changedSince({ id, entity, entityId, version }: Change, last: Change | undefined): Conflict {
  return new Conflict(
    'changed_since',
    `The ${entity} was changed again after this. Undo the later changes first, the newest one before the others.`,
    { context: { change: id, entity, id: entityId, expected: version, actual: last?.version ?? 0, last: last?.id } },
  )
}
