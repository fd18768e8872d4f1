import type { Tx } from '../db/writer.ts'
import type { EventLog } from '../events/append.ts'
import type { JobRef } from '../events/line.ts'
import { applyEdits } from './apply.ts'
import type { Choice } from './contest.ts'
import type { Entity } from './entity.ts'
import type { Change } from './tables.ts'
import { undoChanges, undoSince } from './undo.ts'

/** What is to be done to one thing. Without a `baseVersion`, to whatever is there now; 0: there must be none yet. */
export type Edit<State = unknown> = { entity: string; id: string; baseVersion?: number | undefined } & (
  | { do: 'create' | 'put'; state: State }
  /** Only the fields named; `move` says that they are its place. */
  | { do: 'update' | 'move'; fields: Partial<State> }
  /** Of a thing whose id is its place. */
  | { do: 'rename'; to: string }
  | { do: 'delete' | 'restore' }
)

/** Who changes what, and why. */
export interface NewChange {
  /** The project. */
  scope: string
  /** Who: `person:<id>`, `job:<id>`, `system`. */
  by: string
  /** Why, in words, as histories show it. */
  reason: string
  job?: JobRef | undefined
  /** What this change is a part of, and can be undone with; a job's changes are one batch unless it says otherwise. */
  batch?: string | undefined
  /** Of each thing once at most. */
  edits: Edit[]
  /** What a person decided where a change like this was contested. */
  choices?: readonly Choice[] | undefined
}

/** Who takes back what, and why. */
export interface Undoing {
  by: string
  reason?: string | undefined
  batch?: string | undefined
  job?: JobRef | undefined
  choices?: readonly Choice[] | undefined
}

export interface Changes {
  /**
   * Makes all edits or none, in the caller's transaction: records what was and what is, and appends `change.applied`. Where a
   * thing moved on since the version that the author saw, what both have changed is merged. Edits to the state that is there
   * already change nothing; where no other is left, the change that made it so is returned: that makes a repeated change safe.
   * @throws Contested `version_conflict` where both changed the same; NotFound when what is to be changed isn't there; Conflict `not_deleted`
   */
  apply(tx: Tx, change: NewChange): Promise<Change>
  /**
   * Takes changes of one project back by a new one, which can itself be undone; appends `change.undone`. What was changed
   * since is kept: what both have touched is merged, or contested. What stands between two of the changes need not be sound.
   * @throws NotFound `unknown_change`; Conflict `already_undone`; Contested `changed_since`
   */
  undo(tx: Tx, changeIds: string | string[], undoing: Undoing): Promise<Change>
  /**
   * Brings a project back to what it was just after a change, by a new one which takes back all that came since.
   * @throws NotFound `unknown_change`; Conflict `nothing_to_undo`
   */
  undoSince(tx: Tx, changeId: string, undoing: Undoing): Promise<Change>
}

export interface ChangesDeps {
  events: EventLog
  now: () => number
  newId: () => string
  // biome-ignore lint/suspicious/noExplicitAny: each room's entity has a state of its own
  entities: Entity<any>[]
}

export function openChanges({ entities, ...rest }: ChangesDeps): Changes {
  const byName = new Map(entities.map((entity) => [entity.name, entity]))
  const deps = {
    ...rest,
    entityCalled(name: string): Entity {
      const entity = byName.get(name)
      if (!entity) throw new Error(`No room brought an entity “${name}”.`)
      return entity
    },
  }
  return {
    apply: (tx, change) => applyEdits(deps, tx, change),
    undo: (tx, ids, undoing) => undoChanges(deps, tx, [ids].flat(), undoing),
    undoSince: (tx, id, undoing) => undoSince(deps, tx, id, undoing),
  }
}
