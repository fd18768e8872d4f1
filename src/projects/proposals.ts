import { and, asc, eq, exists, isNull, sql } from 'drizzle-orm'
import type { Choice } from '../changes/contest.ts'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Conflict, Invalid, NotFound } from '../errors.ts'
import type { JobRef } from '../events/line.ts'
import { refOf } from '../jobs/settle.ts'
import { jobs } from '../jobs/tables.ts'
import { projectById, refreshStatus } from './projects.ts'
import { settingsOf } from './settings.ts'
import { type Proposal, type ProposedEdit, proposals, tasks } from './tables.ts'
import { completeTask, startReady, TASK, type TasksDeps, taskById } from './tasks.ts'

/** Longest thing that is said to what was declined, in characters. */
const LONGEST_NOTE = 2_000

/** What a job has made for a task. */
export interface Work {
  project: string
  task: string
  job: JobRef
  reason: string
  edits: ProposedEdit[]
  /** It deletes something, or takes next to all out of what was there. */
  destroys: boolean
}

/** Applies what a job has made and ends its task, or proposes it, as the project's settings say. */
export async function submitWork(deps: TasksDeps, tx: Tx, work: Work): Promise<void> {
  const { approval } = await settingsOf(tx, work.project)
  const asks = approval === 'ask_always' || (approval === 'ask_destructive' && work.destroys)
  if (asks) return propose(deps, tx, work)
  await applyWork(deps, tx, work, `job:${work.job.id}`)
}

async function propose(deps: TasksDeps, tx: Tx, { project, task, job, reason, edits }: Work): Promise<void> {
  const id = deps.newId()
  const by = `job:${job.id}`
  await tx.insert(proposals).values({ id, project, task, job: job.id, by, reason, edits, at: deps.now() })
  const data = { proposal: id, task, things: edits.map(({ entity, id }) => ({ entity, id })) }
  await deps.events.append(tx, { type: 'change.proposed', scope: project, by, job, data })
  await refreshStatus(deps, tx, project)
}

/** What of a proposal is taken, and how what is contested is settled. */
export interface Acceptance {
  by: string
  /** The ids of the things of which it is taken; without it, all. */
  only?: readonly string[] | undefined
  /** Other states than the proposed ones, by id: where only parts of a text are taken. */
  instead?: ReadonlyMap<string, unknown> | undefined
  choices?: readonly Choice[] | undefined
}

/**
 * Applies what was proposed, as a whole or in parts, and ends its task. What others changed since is merged.
 * @throws NotFound `unknown_proposal`; Conflict `already_decided`; Invalid `nothing_taken`; Contested `version_conflict`
 */
export async function acceptProposal(deps: TasksDeps, tx: Tx, id: string, taken: Acceptance): Promise<Proposal> {
  const proposal = await openProposal(tx, id)
  const { only, instead } = taken
  const edits = proposal.edits
    .filter((edit) => !only || only.includes(edit.id))
    .map((edit) => (instead?.has(edit.id) ? { ...edit, state: instead.get(edit.id) } : edit))
  if (edits.length === 0)
    throw new Invalid('nothing_taken', 'Nothing of the proposal was taken. Decline it, if that is what you want.')
  const [job] = await tx.select().from(jobs).where(eq(jobs.id, proposal.job))
  const { by, reason, project, task } = proposal
  const work = { project, task, job: refOf(job!), reason, edits, destroys: false }
  const change = await applyWork(deps, tx, work, by, taken.choices)
  const decided = await decide(deps, tx, proposal, { state: 'accepted', change, by: taken.by })
  await refreshStatus(deps, tx, project)
  return decided
}

/**
 * Drops what was proposed. Its task is open again: with words, they join what the task asks for and it is made again at once.
 * @throws NotFound `unknown_proposal`; Conflict `already_decided`
 */
export async function declineProposal(
  deps: TasksDeps,
  tx: Tx,
  id: string,
  { by, note = '' }: { by: string; note?: string | undefined },
): Promise<Proposal> {
  const proposal = await openProposal(tx, id)
  const words = note.replace(/\r\n?/g, '\n').trim().slice(0, LONGEST_NOTE)
  const decided = await decide(deps, tx, proposal, { state: 'declined', change: null, by, note: words })
  await tx.update(tasks).set({ job: null }).where(eq(tasks.id, proposal.task))
  if (words) {
    const { prompt } = await taskById(tx, proposal.task)
    const fields = { prompt: [prompt, words].filter(Boolean).join('\n\n') }
    const edit = { do: 'update', entity: TASK, id: proposal.task, fields } as const
    const reason = 'Said what was wrong with a proposal'
    await deps.changes.apply(tx, { scope: proposal.project, by, reason, edits: [edit] })
    await startReady(deps, tx, proposal.project)
  }
  await refreshStatus(deps, tx, proposal.project)
  return decided
}

/** What of a project waits for a yes, the oldest first. */
export function openProposals(read: Reader, project: string): Promise<Proposal[]> {
  return read
    .select()
    .from(proposals)
    .where(and(eq(proposals.project, project), isOpen(read)))
    .orderBy(asc(proposals.at), asc(proposals.id))
}

/** @throws NotFound `unknown_proposal` */
export async function proposalById(read: Reader, id: string): Promise<Proposal> {
  const [proposal] = await read.select().from(proposals).where(eq(proposals.id, id))
  if (!proposal) throw new NotFound('proposal', id)
  return proposal
}

/** That nobody has decided on, of a task that is still there. */
export function isOpen(read: Reader) {
  const task = read
    .select({ one: sql`1` })
    .from(tasks)
    .where(and(eq(tasks.id, proposals.task), isNull(tasks.deletedAt)))
  return and(eq(proposals.state, 'proposed'), exists(task))
}

async function openProposal(tx: Tx, id: string): Promise<Proposal> {
  const proposal = await proposalById(tx, id)
  await projectById(tx, proposal.project)
  if (proposal.state === 'proposed') return proposal
  const how = proposal.state === 'accepted' ? 'was accepted already' : 'was declined already'
  throw new Conflict('already_decided', `This proposal ${how}. Look at the page again.`, {
    context: { state: proposal.state },
  })
}

/** Returns the id of the change. */
async function applyWork(
  deps: TasksDeps,
  tx: Tx,
  { project, task, job, reason, edits }: Work,
  by: string,
  choices?: readonly Choice[],
): Promise<string> {
  const whole = edits.map((edit) =>
    edit.do === 'put' ? { ...edit, do: 'put' as const, state: edit.state } : { ...edit, do: 'delete' as const },
  )
  const change = await deps.changes.apply(tx, { scope: project, by, job, reason, edits: whole, choices })
  await completeTask(deps, tx, task, job)
  return change.id
}

async function decide(
  deps: TasksDeps,
  tx: Tx,
  { id, project, task }: Proposal,
  {
    state,
    change,
    by,
    note = '',
  }: { state: 'accepted' | 'declined'; change: string | null; by: string; note?: string },
): Promise<Proposal> {
  const [decided] = await tx
    .update(proposals)
    .set({ state, change, note, decidedBy: by, decidedAt: deps.now() })
    .where(eq(proposals.id, id))
    .returning()
  const data = { proposal: id, task, ...(change ? { change } : {}) }
  await deps.events.append(tx, { type: `proposal.${state}`, scope: project, by, data })
  return decided!
}
