import { eq } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { Conflict, DomainError, NotFound } from '../../errors.ts'
import { mustOwn } from '../../jobs/context.ts'
import { Hold } from '../../jobs/handler.ts'
import { jobById } from '../../jobs/jobs.ts'
import { refOf, settle } from '../../jobs/settle.ts'
import type { Job } from '../../jobs/tables.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import { messageById } from './messages.ts'
import { type Question, type ToolCallRow, toolCalls } from './tables.ts'

/** What the model is told of a call that a person has refused. */
export const REFUSED =
  'Refused by the person. Don’t try it again in another way; go on without it, or ask what they want.'

/** Asks a person whether a call may run: its job is held until they decide. */
export async function askPerson(deps: TasksDeps, job: Job, call: ToolCallRow, question: Question): Promise<never> {
  await deps.db.write(async (tx) => {
    await mustOwn(tx, job)
    await tx.update(toolCalls).set({ state: 'asking', question, decidedBy: null }).where(eq(toolCalls.id, call.id))
    await deps.events.append(tx, {
      type: 'approval.asked',
      scope: job.scope,
      job: refOf(job),
      by: `job:${job.id}`,
      data: { call: call.id, tool: call.name, says: question.says },
    })
  })
  throw new Hold(approvalNeeded(call, question))
}

/**
 * Decides on a call that asks: its job goes on, with the call run or told as refused. The decision is kept.
 * @throws NotFound `unknown_call`; Conflict `already_decided`
 */
export function decide(
  deps: TasksDeps,
  id: string,
  by: string,
  approved: boolean,
): Promise<{ call: ToolCallRow; job: Job }> {
  return deps.db.write(async (tx) => {
    const call = await callById(tx, id)
    if (call.state !== 'asking') throw alreadyDecided(call)
    const at = deps.now()
    const set = approved
      ? { state: 'approved' as const, decidedBy: by }
      : { state: 'refused' as const, decidedBy: by, result: REFUSED, endedAt: at }
    await tx.update(toolCalls).set(set).where(eq(toolCalls.id, id))
    const job = await jobOf(tx, call)
    await deps.events.append(tx, {
      type: 'approval.given',
      scope: job.scope,
      job: refOf(job),
      by,
      data: { call: id, tool: call.name, approved },
    })
    const goesOn = { runAt: at, failures: 0, crashes: 0, error: null }
    const moved = await settle(deps, tx, job, { move: 'retry', event: 'job.queued', by, set: goesOn })
    return { call: await callById(tx, id), job: moved }
  })
}

/** @throws NotFound `unknown_call` */
export async function callById(read: Reader, id: string): Promise<ToolCallRow> {
  const [call] = await read.select().from(toolCalls).where(eq(toolCalls.id, id))
  if (!call) throw new NotFound('call', id)
  return call
}

async function jobOf(tx: Tx, call: ToolCallRow): Promise<Job> {
  const { job } = await messageById(tx, call.message)
  return jobById(tx, job!)
}

function approvalNeeded({ id, name }: ToolCallRow, { says }: Question): DomainError {
  return new DomainError(
    'approval_needed',
    `The model wants to do something that destroys, and waits for you: ${says}`,
    {
      severity: 'warning',
      retryable: true,
      context: { call: id, tool: name },
    },
  )
}

function alreadyDecided({ state }: ToolCallRow): Conflict {
  return new Conflict('already_decided', 'Nobody is asked about this any more. Look at the conversation again.', {
    context: { state },
  })
}
