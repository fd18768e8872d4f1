import { isDeepStrictEqual } from 'node:util'
import { and, desc, eq, isNull } from 'drizzle-orm'
import { type Tx, turn } from '../db/writer.ts'
import { Conflict } from '../errors.ts'
import { type Found, findAll, keyOf, merge, versionOf } from './apply.ts'
import type { Undoing } from './changes.ts'
import { type Contest, Contested, chooserFor, isAbout } from './contest.ts'
import { among, changeById, changesById, sinceChange, standingSince } from './history.ts'
import { WHOLE } from './merge.ts'
import { asStored, type Move, type RecordDeps, record } from './record.ts'
import { type Change, type ChangeRow, changes, type Operation, reversals } from './tables.ts'

/** Things that are taken back between two turns of the event loop. */
const AT_ONCE = 500

/** As `Changes.undo`. */
export async function undoChanges(deps: RecordDeps, tx: Tx, ids: string[], undoing: Undoing): Promise<Change> {
  const undone = await changesById(tx, [...new Set(ids)])
  for (const change of undone) mustBeUndoable(change)
  const { scope } = undone[0]!
  if (undone.some((change) => change.scope !== scope)) throw new Error('Changes of two projects are not undone as one.')
  const taken = undone.flatMap(({ operations }) => operations.toReversed())
  const found = await findAll(deps, tx, scope, taken.map(thingOf))
  const without = new Set(undone.map(({ id }) => id))
  const moves: Move[] = []
  const contests: Contest[] = []
  for (const [key, own] of Map.groupBy(taken, (operation) => keyOf(thingOf(operation)))) {
    const thing = found.get(key)!
    const before = asStored(thing.present?.state)
    const back = await takenBack(deps, tx, own, thing, { ...undoing, without })
    if ('disputes' in back) contests.push(back)
    else moves.push(moveTo(own[0]!, versionOf(thing), before, asStored(back.state)))
    if (moves.length % AT_ONCE === 0) await turn()
  }
  if (contests.length > 0) throw changedSince(contests)
  return recordUndoing(deps, tx, { scope, undone, undoing, moves })
}

/** As `Changes.undoSince`. */
export async function undoSince(deps: RecordDeps, tx: Tx, id: string, undoing: Undoing): Promise<Change> {
  const moment = await changeById(tx, id)
  const { first, since } = await sinceChange(tx, moment)
  if (since.every(({ undoneBy }) => undoneBy)) throw nothingToUndo()
  for (const change of since) mustBeWhole(change)
  const found = await findAll(deps, tx, moment.scope, first.map(thingOf))
  const moves = first.map((operation) => {
    const thing = found.get(keyOf(thingOf(operation)))!
    return moveTo(operation, versionOf(thing), asStored(thing.present?.state), operation.before)
  })
  return recordUndoing(deps, tx, { scope: moment.scope, undone: since, undoing, moves })
}

/** A thing's state without what the operations, the newest first, did to it. */
async function takenBack(
  deps: RecordDeps,
  tx: Tx,
  own: Operation[],
  { present, last }: Found,
  { choices = [], without }: Undoing & { without: ReadonlySet<string> },
): Promise<{ state: unknown } | Contest> {
  const { entity, entityId: id } = own[0]!
  const about = { entity, id, version: present?.version ?? 0, last: last?.change ?? null }
  let state = asStored(present?.state)
  for (const run of inOne(own)) {
    const { after: base, before: mine, version: seen } = run
    const choose = chooserFor(choices, { ...about, seen })
    const theirs = state
    const merged = isDeepStrictEqual(theirs, base)
      ? { state: mine }
      : await merge(deps.entityCalled(entity), tx, { base, mine, theirs, choose })
    if ('disputes' in merged) return { ...about, seen, disputes: merged.disputes }
    state = asStored(merged.state)
    const looked = choices.filter((choice) => isAbout(choice, { ...about, seen }))
    const builtOn = last!.version === seen ? [] : await fieldsBuiltOn(deps, tx, run, without)
    if (builtOn.every((field) => looked.some((choice) => choice.field === field))) continue
    const side = choose(WHOLE)
    if (!side) return { ...about, seen, disputes: [{ field: WHOLE, base, mine: state, theirs }] }
    if (side === 'theirs') state = theirs
  }
  return { state }
}

/**
 * The fields where a change that stands, and came after the operation, was made to what that had made: then nobody can say
 * what they were without the operation, also where a later one brought the same value back.
 */
async function fieldsBuiltOn(deps: RecordDeps, tx: Tx, operation: Operation, without: ReadonlySet<string>) {
  const entity = deps.entityCalled(operation.entity)
  const { after: made, before: was } = operation
  const fields = new Set<string>()
  for (const { change, before: base, after: mine } of await standingSince(tx, operation)) {
    if (without.has(change)) continue
    await turn() // merging long texts takes its time
    // what the later author would have found; what another has put there meanwhile is that one's own matter
    const found = await merge(entity, tx, { base: made, mine: was, theirs: base, choose: () => 'theirs' })
    if ('disputes' in found) continue
    const again = await merge(entity, tx, { base, mine, theirs: found.state, choose: () => undefined, strictly: true })
    if ('disputes' in again) for (const { field } of again.disputes) fields.add(field)
  }
  return [...fields]
}

/** Operations of which each follows upon the next, as one each: nobody else came between them. */
function inOne(newestFirst: Operation[]): Operation[] {
  const runs: Operation[] = []
  for (const operation of newestFirst) {
    const newer = runs.at(-1)
    if (newer?.baseVersion === operation.version)
      runs[runs.length - 1] = { ...newer, before: operation.before, baseVersion: operation.baseVersion }
    else runs.push(operation)
  }
  return runs
}

async function recordUndoing(
  deps: RecordDeps,
  tx: Tx,
  { scope, undone, undoing, moves }: { scope: string; undone: ChangeRow[]; undoing: Undoing; moves: Move[] },
): Promise<Change> {
  const { by, job, batch, reason = reasonFor(undone) } = undoing
  const needed = moves.filter(({ before, after }) => !isDeepStrictEqual(before, after))
  const header = { scope, by, job, batch, reason, undoes: undone.map(({ id }) => id) }
  const change = await record(deps, tx, header, needed)
  for (const undoes of header.undoes) await tx.insert(reversals).values({ change: change.id, undoes })
  await tx.update(changes).set({ undoneBy: change.id }).where(among(changes.id, header.undoes))
  for (const id of header.undoes) await letStandAgain(tx, id)
  for (const name of new Set(needed.map(({ entity }) => entity))) await deps.entityCalled(name).afterUndo?.(tx, scope)
  return change
}

/** What a change had undone stands again once that is itself undone; and what that had undone is undone again; and so on. */
async function letStandAgain(tx: Tx, undoer: string): Promise<void> {
  const was = await tx.select().from(reversals).where(eq(reversals.change, undoer))
  for (const { undoes: id } of was) {
    const [standing] = await tx
      .select({ id: changes.id })
      .from(reversals)
      .innerJoin(changes, eq(changes.id, reversals.change))
      .where(and(eq(reversals.undoes, id), isNull(changes.undoneBy)))
      .orderBy(desc(changes.seq))
      .limit(1)
    await tx
      .update(changes)
      .set({ undoneBy: standing?.id ?? null })
      .where(eq(changes.id, id))
    await letStandAgain(tx, id)
  }
}

function moveTo({ entity, entityId: id }: Operation, baseVersion: number, before: unknown, after: unknown): Move {
  const kind = after === null ? 'delete' : before === null ? 'restore' : 'update'
  return { entity, id, kind, seen: null, baseVersion, before, after }
}

function thingOf({ entity, entityId: id }: Operation) {
  return { entity, id }
}

const UNDID = 'Undid: '
const BROUGHT_BACK = 'Brought back: '

function reasonFor(undone: ChangeRow[]): string {
  const [only, more] = undone
  if (more) return `Undid ${undone.length} changes`
  const { reason } = only!
  if (reason.startsWith(BROUGHT_BACK)) return UNDID + reason.slice(BROUGHT_BACK.length)
  if (reason.startsWith(UNDID)) return BROUGHT_BACK + reason.slice(UNDID.length)
  return reason ? UNDID + reason : 'Undid a change'
}

function mustBeUndoable(change: ChangeRow): void {
  if (change.undoneBy) throw alreadyUndone(change)
  mustBeWhole(change)
}

function mustBeWhole({ id, purged }: ChangeRow): void {
  if (purged === 0) return
  throw new Conflict('purged', 'A part of what this change did was removed for good: it can’t be undone any more.', {
    context: { change: id, purged },
  })
}

function nothingToUndo(): Conflict {
  return new Conflict('nothing_to_undo', 'Nothing that was changed since then still stands.')
}

function alreadyUndone({ id, undoneBy }: ChangeRow): Conflict {
  return new Conflict('already_undone', 'This change has been undone already. To bring it back, undo its undoing.', {
    context: { change: id, undoneBy },
  })
}

function changedSince(contests: Contest[]): Contested {
  const { entity } = contests[0]!
  return new Contested(
    'changed_since',
    `The ${entity} was changed again after this, in the same place. Choose what is to stand, or undo the later changes first.`,
    contests,
  )
}
