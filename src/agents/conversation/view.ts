import { and, eq, inArray, isNull } from 'drizzle-orm'
import { changes } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import { draftsOf } from '../../jobs/drafts.ts'
import type { LiveJobs } from '../../jobs/live.ts'
import { type Job, jobs } from '../../jobs/tables.ts'
import { tasksOf } from '../../projects/tasks.ts'
import { type CallView, callView } from './call-view.ts'
import { type Exchange, exchangesOf } from './history.ts'
import { conversationOf } from './messages.ts'
import type { Attachment } from './tables.ts'

/** Exchanges that a page shows; the API has them all. */
const SHOWN = 30

export type ExchangeState = 'waiting' | 'answering' | 'asking' | 'paused' | 'answered' | 'stopped' | 'failed' | 'held'

/** A person's message and its answer, as pages and the API show them. */
export interface ExchangeView {
  id: string
  text: string
  by: string
  attachments: Attachment[]
  at: number
  state: ExchangeState
  job: { id: string; attempt: number; state: Job['state'] } | null
  rounds: { text: string; calls: CallView[]; isPartial: boolean }[]
  /** What is being typed at this moment, or was when the server stopped; null while nothing is. */
  typing: string | null
  /** Why it ended or waits, where that needs words. */
  note: string | null
  /** How many changes the answer has made that stand. */
  standing: number
}

interface ViewDeps {
  read: Reader
  live: Pick<LiveJobs, 'view'>
}

/** The conversation of a project, the newest exchange last; `limit` counts from the newest. */
export async function exchangeViews({ read, live }: ViewDeps, project: string, limit = SHOWN): Promise<ExchangeView[]> {
  const conversation = await conversationOf(read, project)
  if (!conversation) return []
  const exchanges = await exchangesOf(read, conversation.id, { limit })
  const ids = exchanges.flatMap(({ question }) => question.job ?? [])
  if (exchanges.length === 0) return []
  const rows = ids.length > 0 ? await read.select().from(jobs).where(inArray(jobs.id, ids)) : []
  const byId = new Map(rows.map((job) => [job.id, job]))
  const drafts = await draftsOf(
    read,
    rows.filter(({ state }) => state !== 'succeeded' && state !== 'running').map(({ id }) => id),
  )
  const titles = new Map((await tasksOf(read, project)).map(({ id, title }) => [id, title]))
  const standing = await standingChanges(read, project, ids)
  return exchanges.map((exchange) => {
    const job = exchange.question.job ? byId.get(exchange.question.job) : undefined
    const draft = job?.state === 'running' ? live.view(job.id)?.draft : job && drafts.get(job.id)
    return exchangeView(exchange, { job, draft, titles, standing: standing.get(job?.id ?? '') ?? 0 })
  })
}

interface Facts {
  job: Job | undefined
  draft: { text: string; data: Record<string, unknown> } | undefined
  titles: ReadonlyMap<string, string>
  standing: number
}

function exchangeView({ question, rounds }: Exchange, { job, draft, titles, standing }: Facts): ExchangeView {
  const isAsking = rounds.some(({ calls }) => calls.some(({ state }) => state === 'asking'))
  const state = stateOf(job, isAsking)
  const isOpen = state === 'answering' || state === 'paused' || state === 'held'
  const isNext = draft?.data.round === rounds.length + 1
  return {
    id: question.id,
    text: question.text,
    by: question.by,
    attachments: question.attachments ?? [],
    at: question.at,
    state,
    job: job ? { id: job.id, attempt: job.attempt, state: job.state } : null,
    rounds: rounds.map(({ row, calls }) => ({
      text: row.text,
      isPartial: row.state === 'partial',
      calls: calls.map((call) => callView(call, titles)),
    })),
    typing: isOpen && isNext && draft.text !== '' ? draft.text : null,
    note: noteOf(job, state, rounds.length),
    standing,
  }
}

function stateOf(job: Job | undefined, isAsking: boolean): ExchangeState {
  if (!job) return 'waiting'
  if (job.state === 'held') return isAsking ? 'asking' : 'held'
  return STATES[job.state]
}

const STATES = {
  queued: 'answering',
  running: 'answering',
  paused: 'paused',
  held: 'held',
  succeeded: 'answered',
  failed: 'failed',
  cancelled: 'stopped',
} as const satisfies Record<Job['state'], ExchangeState>

const ENDS: Readonly<Record<string, string>> = {
  no_progress: 'Hearth stopped here: the model repeated itself without getting further.',
  rounds: 'Hearth stopped here: the answer took more than 25 rounds. Ask for the rest in a new message.',
}

function noteOf(job: Job | undefined, state: ExchangeState, rounds: number): string | null {
  if (!job) return 'Waits for the answer above.'
  if (state === 'answered') return ENDS[(job.result as { ended?: string } | null)?.ended ?? ''] ?? null
  if (state === 'stopped') return rounds > 0 ? 'Stopped. What was said and done until then is kept.' : 'Stopped.'
  if (state === 'failed' || state === 'held') return job.error?.message ?? null
  if (job.state === 'queued' && job.error) return job.error.message
  return null
}

/** How many changes of each job stand. */
async function standingChanges(read: Reader, project: string, ids: string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await read
    .select({ job: changes.job })
    .from(changes)
    .where(and(eq(changes.scope, project), inArray(changes.job, ids), isNull(changes.undoneBy)))
  const counts = new Map<string, number>()
  for (const { job } of rows) counts.set(job!, (counts.get(job!) ?? 0) + 1)
  return counts
}
