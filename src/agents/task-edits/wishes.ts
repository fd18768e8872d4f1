import { and, desc, eq, inArray } from 'drizzle-orm'
import { type Change, changes } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { Conflict, Invalid, NotFound } from '../../errors.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { settle } from '../../jobs/settle.ts'
import { type Job, jobs } from '../../jobs/tables.ts'
import { EDIT_TASKS } from '../../projects/asides.ts'
import { projectById } from '../../projects/projects.ts'
import { changeTasks } from '../../projects/task-changes.ts'
import { type TasksDeps, tasksOf } from '../../projects/tasks.ts'
import { type TaskWishRow, taskEdits } from './tables.ts'

/** Longest wish, in characters. */
const LONGEST = 4_000
/** Wishes that a page shows. */
const SHOWN = 3

/** Asks for edits of a plan in a person's own words: a job proposes them. @throws Invalid `message_empty`, `message_too_long` */
export function wishFor(
  deps: TasksDeps,
  { project, text, by }: { project: string; text: string; by: string },
): Promise<{ wish: TaskWishRow; job: Job }> {
  return deps.db.write(async (tx) => {
    await projectById(tx, project)
    const request = checkText(text)
    const id = deps.newId()
    const job = await enqueue(deps, tx, {
      kind: EDIT_TASKS,
      input: { wish: id },
      scope: project,
      by,
      about: { wish: id },
    })
    const row = { id, project, request, by, job: job.id, state: 'asked' as const, at: deps.now() }
    const [wish] = await tx.insert(taskEdits).values(row).returning()
    return { wish: wish!, job }
  })
}

/**
 * Makes the edits that were proposed, all or none, as one change.
 * @throws NotFound `unknown_wish`; Conflict `already_decided`, `version_conflict` when a task has changed since
 */
export function applyWish(deps: TasksDeps, id: string, by: string): Promise<TaskWishRow> {
  return deps.db.write(async (tx) => {
    const wish = await wishById(tx, id)
    if (wish.state !== 'proposed') throw alreadyDecided(wish)
    const proposal = wish.proposal!
    const seen = new Map(Object.entries(proposal.seen))
    const { change } = await changeTasks(deps, tx, wish.project, proposal.edits, { by, seen, reason: wish.request })
    return decided(deps, tx, wish, by, 'applied', { ...proposal, changes: change ? [change.id] : [] })
  })
}

/** Drops what was proposed, or stops looking for it. @throws NotFound `unknown_wish`; Conflict `already_decided` */
export function discardWish(deps: TasksDeps, id: string, by: string): Promise<TaskWishRow> {
  return deps.db.write(async (tx) => {
    const wish = await wishById(tx, id)
    if (wish.state !== 'proposed' && wish.state !== 'asked') throw alreadyDecided(wish)
    const [job] = wish.job ? await tx.select().from(jobs).where(eq(jobs.id, wish.job)) : []
    if (job && ['queued', 'running', 'paused', 'held'].includes(job.state))
      await settle(deps, tx, job, { move: 'cancel', event: 'job.cancelled', outcome: 'cancelled', by })
    return decided(deps, tx, wish, by, 'discarded', wish.proposal)
  })
}

/** Takes back all that applying a wish has changed. @throws Conflict `nothing_to_undo`, `changed_since` */
export function undoWish(deps: TasksDeps, id: string, by: string): Promise<Change> {
  return deps.db.write(async (tx) => {
    const ids = (await wishById(tx, id)).proposal?.changes ?? []
    const standing = await tx.select().from(changes).where(inArray(changes.id, ids)).orderBy(desc(changes.seq))
    const made = standing.filter(({ undoneBy }) => undoneBy === null)
    if (made.length === 0) throw new Conflict('nothing_to_undo', 'Nothing that this has changed still stands.')
    return deps.changes.undo(
      tx,
      made.map((change) => change.id),
      { by },
    )
  })
}

/** @throws NotFound `unknown_wish` */
export async function wishById(read: Reader, id: string): Promise<TaskWishRow> {
  const [wish] = await read.select().from(taskEdits).where(eq(taskEdits.id, id))
  if (!wish) throw new NotFound('wish', id)
  return wish
}

/** A wish as pages and the API show it. */
export interface WishView extends Pick<TaskWishRow, 'id' | 'request' | 'state' | 'note' | 'at'> {
  rows: NonNullable<TaskWishRow['proposal']>['rows']
  job: { id: string; state: Job['state'] } | null
  /** A task that it is about has changed since: it can't be applied any more. */
  isStale: boolean
  /** How many of the changes that it made still stand. */
  standing: number
  error: string | null
}

/** The latest wishes of a project, the newest first. */
export async function wishViews(read: Reader, project: string, limit = SHOWN): Promise<WishView[]> {
  const rows = await read
    .select({ wish: taskEdits, job: jobs })
    .from(taskEdits)
    .leftJoin(jobs, eq(jobs.id, taskEdits.job))
    .where(eq(taskEdits.project, project))
    .orderBy(desc(taskEdits.at), desc(taskEdits.id))
    .limit(limit)
  if (rows.length === 0) return []
  const versions = new Map((await tasksOf(read, project)).map(({ id, version }) => [id, version]))
  const views: WishView[] = []
  for (const { wish, job } of rows) {
    const { id, request, state, note, at, proposal } = wish
    views.push({
      id,
      request,
      state,
      note,
      at,
      rows: proposal?.rows ?? [],
      job: job && { id: job.id, state: job.state },
      isStale: state === 'proposed' && touchedIn(proposal!).some((task) => versions.get(task) !== proposal!.seen[task]),
      standing: await countStanding(read, proposal?.changes ?? []),
      error: job?.state === 'failed' || job?.state === 'held' ? (job.error?.message ?? null) : null,
    })
  }
  return views
}

/** The tasks that are there already and that the edits name. */
function touchedIn({ edits, seen }: NonNullable<TaskWishRow['proposal']>): string[] {
  return edits.flatMap((edit) => ('task' in edit && edit.task in seen ? [edit.task] : []))
}

async function countStanding(read: Reader, ids: string[]): Promise<number> {
  if (ids.length === 0) return 0
  const rows = await read
    .select({ undoneBy: changes.undoneBy })
    .from(changes)
    .where(and(inArray(changes.id, ids)))
  return rows.filter(({ undoneBy }) => undoneBy === null).length
}

async function decided(
  { now, events }: TasksDeps,
  tx: Tx,
  { id, project }: TaskWishRow,
  by: string,
  state: 'applied' | 'discarded',
  proposal: TaskWishRow['proposal'],
): Promise<TaskWishRow> {
  const [wish] = await tx
    .update(taskEdits)
    .set({ state, proposal, decidedAt: now() })
    .where(eq(taskEdits.id, id))
    .returning()
  await events.append(tx, { type: `edits.${state}`, scope: project, by, data: { wish: id } })
  return wish!
}

function checkText(text: string): string {
  const said = text.replace(/\r\n?/g, '\n').trim()
  const context = { field: 'text' }
  if (said === '') throw new Invalid('message_empty', 'Say what should be different in the plan.', { context })
  if (said.length > LONGEST)
    throw new Invalid('message_too_long', `That is longer than ${LONGEST} characters. Say it in fewer words.`, {
      context,
    })
  return said
}

function alreadyDecided({ state }: TaskWishRow): Conflict {
  const words = {
    asked: 'is not there yet',
    proposed: '',
    applied: 'was applied already',
    discarded: 'was dropped already',
  }
  return new Conflict('already_decided', `This proposal ${words[state]}. Look at the page again.`, {
    context: { state },
  })
}
