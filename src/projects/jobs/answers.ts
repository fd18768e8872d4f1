import { z } from 'zod'
import { type Answer, says } from '../../web/openapi.ts'
import { eventStream } from '../../web/stream-lines.ts'

const Time = z.number().int().describe('ms since the epoch')
export const JobStateForm = z.enum(['queued', 'running', 'paused', 'held', 'succeeded', 'failed', 'cancelled'])

const Failure = z
  .object({
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    context: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Failure' })

/** A job as the API shows it. */
export const JobForm = z
  .object({
    id: z.string(),
    kind: z.string(),
    lane: z.string(),
    scope: z.string().nullable().describe('The project that it belongs to.'),
    idempotencyKey: z.string().nullable(),
    input: z.unknown(),
    state: JobStateForm,
    priority: z.number().int(),
    attempt: z.number().int(),
    failures: z.number().int(),
    crashes: z.number().int(),
    crashMark: z.number().int(),
    runAt: Time,
    bootId: z.string().nullable(),
    leaseUntil: Time.nullable(),
    result: z.unknown(),
    error: Failure.nullable(),
    by: z.string(),
    owner: z.string().describe('The person that it is done for.'),
    createdAt: Time,
    startedAt: Time.nullable(),
    attemptStartedAt: Time.nullable(),
    endedAt: Time.nullable(),
    freshAfter: z.number().int().describe('What the attempts up to this one left behind does not count.'),
    affinity: z.string().nullable().describe('What it loads: where that is loaded already, it may go before others.'),
    passedOver: z.number().int().describe('How often others of its project went before for that.'),
  })
  .meta({ id: 'Job' })

const AttemptForm = z
  .object({
    job: z.string(),
    attempt: z.number().int(),
    bootId: z.string(),
    startedAt: Time,
    endedAt: Time.nullable(),
    outcome: z.enum(['succeeded', 'failed', 'retried', 'snoozed', 'cancelled', 'paused', 'held', 'lost']).nullable(),
    phase: z.string().nullable(),
    bytes: z.number().int().nullable(),
    error: Failure.nullable(),
    stack: z.string().nullable(),
    tail: z.string().nullable().describe('The end of what was received, at most 2 KB.'),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    engine: z.string().nullable(),
    device: z.string().nullable(),
    inputHash: z
      .string()
      .nullable()
      .describe('Equal for attempts that were asked the same and went on from the same draft.'),
    queuedAt: Time.nullable(),
    firstByteAt: Time.nullable(),
  })
  .meta({ id: 'Attempt' })

const RenderAttemptForm = z
  .object({
    job: z.string(),
    attempt: z.number().int(),
    asked: z.unknown().describe('What the plan was made for.'),
    plan: z
      .record(z.string(), z.unknown())
      .describe('Engine, model, tier, params, memory, what was lowered, and the reason.'),
    rung: z.number().int().describe('Of the ladder that is climbed down when memory runs out; 0: as it was planned.'),
    device: z.string(),
    deviceName: z.string(),
    freeBytes: z.number().int(),
    totalBytes: z.number().int(),
    queuedMs: z.number().int(),
    waitedMs: z.number().int().describe('For a device.'),
    at: Time,
    endedAt: Time.nullable(),
    outcome: z.string().nullable().describe('`succeeded`, or the code of what ended it.'),
    nextRung: z.number().int().nullable(),
    outOf: z.enum(['device', 'host']).nullable().describe('Whose memory ran out.'),
    phase: z.string().nullable(),
    wantedBytes: z.number().int().nullable(),
    peakBytes: z.number().int().nullable(),
    times: z.record(z.string(), z.number()).describe('ms, by phase.'),
    resumedFrom: z.number().int().nullable(),
    resumedOn: z.string().nullable(),
  })
  .meta({ id: 'RenderAttempt' })

const CheckpointForm = z
  .object({ job: z.string(), name: z.string(), attempt: z.number().int(), value: z.unknown(), at: Time })
  .meta({ id: 'Checkpoint' })

const WaitForm = z
  .object({
    reason: z.enum(['place', 'suspect', 'away', 'retry', 'later', 'paused', 'held']),
    until: Time.nullable(),
    says: z.string(),
  })
  .meta({ id: 'Wait' })

/** Several jobs: those that a request has started or moved. */
export const JobsForm = z.object({ jobs: z.array(JobForm) })

const TAG = 'Jobs'
const WORDS = {
  cancellation: 'Cancel a job',
  retry: 'Try a job again, from where it was or from scratch',
  pause: 'Pause a job',
  resumption: 'Go on with a paused job',
}

/** What the API of jobs says of itself. */
export const JOB_SAYS = {
  list: says('listJobs', TAG, 'The jobs, the newest first, a page at a time', () => ({
    200: {
      says: 'A page; nextCursor is null at the end.',
      form: z.object({ items: z.array(JobForm), nextCursor: z.string().nullable() }),
    },
  })),
  get: says('getJob', TAG, 'A job, its attempts and its checkpoints', () => ({
    200: {
      says: 'The job.',
      form: z.object({
        job: JobForm,
        attempts: z.array(AttemptForm),
        checkpoints: z.array(CheckpointForm),
        renders: z.array(RenderAttemptForm).describe('Of a render: what was decided for each attempt, and why.'),
        wait: WaitForm.nullable().describe('Why it does not run at this moment.'),
      }),
    },
  })),
  events: says('followJob', TAG, 'The events of a job, until its end', () => ({ 200: eventStream() })),
  prioritise: says('createPriorityOfJob', TAG, 'Give a job another priority; 10 when none is said, 0 is usual', () => ({
    202: { says: 'The job as it is now.', form: z.object({ job: JobForm }) },
  })),
  move: (noun: keyof typeof WORDS) =>
    says(
      `create${noun[0]!.toUpperCase()}${noun.slice(1)}OfJob`,
      TAG,
      WORDS[noun],
      (): Record<number, Answer> => ({
        202: { says: 'The job as it is now.', form: z.object({ job: JobForm }) },
      }),
    ),
}
