import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import type { JobRef } from '../events/line.ts'
import type { Change } from './tables.ts'

/** What a change makes of an entity. */
export interface Target<State> {
  scope: string
  id: string
  version: number
  /** null: it is to be gone. */
  state: State | null
  /** The change that does it; it is in the database already. */
  change: Change
  /** The job that made the change, when one did. */
  job?: JobRef | undefined
}

/** How a room lets its things be changed. `State` is plain JSON and all that an undo must bring back. */
export interface Entity<State = unknown> {
  /** The word for it in changes and events: `task`, `file`. */
  name: string
  /** Its state now, null when there is none (any more). */
  read(tx: Reader, scope: string, id: string): Promise<{ version: number; state: State } | null>
  /** Makes it so, whatever is there; refuses by a DomainError what may not be. Called by `changes` alone. */
  write(tx: Tx, target: Target<State>): Promise<void>
  /** Refuses what undoing has made of all its things together: asked once, after the last of the changes that are undone. */
  afterUndo?(tx: Tx, scope: string): Promise<void>
}
