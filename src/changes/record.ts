import { type Tx, turn } from '../db/writer.ts'
import type { EventLog } from '../events/append.ts'
import type { JobRef } from '../events/line.ts'
import type { Entity } from './entity.ts'
import { type Change, type ChangeRow, changes, type OperationKind, operations } from './tables.ts'

/** Rows that go in with one statement. */
const ROWS = 500
/** Operations that an event names; the API has them all. */
const TOLD = 50

export interface RecordDeps {
  events: EventLog
  now: () => number
  newId: () => string
  entityCalled(name: string): Entity
}

/** What a change is to do to one thing, decided. */
export interface Move {
  entity: string
  id: string
  kind: OperationKind
  seen: number | null
  baseVersion: number
  before: unknown
  after: unknown
}

export interface Header {
  scope: string
  by: string
  reason: string
  batch?: string | undefined
  job?: JobRef | undefined
  undoes?: string[]
}

/** Writes a change with all its operations, lets each room make them so, and says it. */
export async function record(deps: RecordDeps, tx: Tx, header: Header, moves: Move[]): Promise<Change> {
  const { scope, by, reason, job, batch = job?.id ?? null, undoes = [] } = header
  const row = { id: deps.newId(), scope, by, reason, job: job?.id ?? null, batch, at: deps.now() }
  const [change] = await tx.insert(changes).values(row).returning()
  const made = await insertOperations(tx, change!, moves)
  for (const [name, own] of Map.groupBy(made, ({ entity }) => entity)) {
    const targets = own.map(({ entityId, version, after }) => ({ id: entityId, version, state: after }))
    const about = { scope, change: change!, undoes: undoes.length > 0, job }
    await deps.entityCalled(name).write(
      tx,
      targets.map((target) => ({ ...about, ...target })),
    )
  }
  const whole = { ...change!, operations: made, count: made.length, undoes }
  await tell(deps, tx, whole, job)
  return whole
}

/** The state as JSON keeps it, so that what is compared is what is stored. */
export function asStored(state: unknown): unknown {
  return state === null || state === undefined ? null : JSON.parse(JSON.stringify(state))
}

async function insertOperations(tx: Tx, { id: change, scope }: ChangeRow, moves: Move[]) {
  const made: Change['operations'] = []
  for (let at = 0; at < moves.length; at += ROWS) {
    const rows = moves.slice(at, at + ROWS).map(({ id, baseVersion, ...move }) => ({
      ...move,
      change,
      scope,
      entityId: id,
      baseVersion,
      version: baseVersion + 1,
    }))
    made.push(...(await tx.insert(operations).values(rows).returning()))
    await turn()
  }
  return made
}

/** `undoes` says of a `change.undone` which changes it took back; `change` is always the one that was just made. */
async function tell({ events }: RecordDeps, tx: Tx, change: Change, job: JobRef | undefined): Promise<void> {
  const { id, scope, by, reason, batch, count, undoes } = change
  const told = change.operations.slice(0, TOLD).map(({ entity, entityId, version, kind }) => ({
    entity,
    id: entityId,
    version,
    kind,
  }))
  const data = {
    change: id,
    ...(reason ? { reason } : {}),
    ...(batch ? { batch } : {}),
    count,
    operations: told,
    ...(undoes.length > 0 ? { undoes: undoes.slice(0, TOLD) } : {}),
  }
  const type = undoes.length > 0 ? 'change.undone' : 'change.applied'
  await events.append(tx, { type, scope, by, data, ...(job ? { job } : {}) })
}
