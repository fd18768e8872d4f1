import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import type { JobRef } from '../events/line.ts'
import type { Merged, Merging } from './merge.ts'
import type { ChangeRow } from './tables.ts'

/** What a change makes of a thing. */
export interface Target<State> {
  scope: string
  id: string
  version: number
  /** null: it is to be gone. */
  state: State | null
  /** The change that does it; it is in the database already. */
  change: ChangeRow
  /** Whether the change takes others back. */
  undoes: boolean
  /** The job that made the change, when one did. */
  job?: JobRef | undefined
}

/** A thing as it is, with the version of the change that made it so. */
export interface Present<State> {
  version: number
  state: State
}

/** How a room lets its things be changed. `State` is plain JSON and all that an undo must bring back. */
export interface Entity<State = unknown> {
  /** The word for it in changes and events: `task`, `file`. */
  name: string
  /** Those of the things that are there, by id. */
  read(tx: Reader, scope: string, ids: string[]): Promise<Map<string, Present<State>>>
  /** Makes it so, whatever is there; refuses by a DomainError what may not be. Called by `changes` alone, in the order of the change. */
  write(tx: Tx, targets: Target<State>[]): Promise<void>
  /** Fields that are texts of several lines: they are merged line by line. */
  texts?: readonly (keyof State & string)[]
  /** Merges two states that were made from one; without it, field by field. */
  merge?(tx: Tx, states: Merging<State>): Promise<Merged<State>>
  /** Refuses what undoing has made of all its things together: asked once, after the last of them. */
  afterUndo?(tx: Tx, scope: string): Promise<void>
}
