import type { Tx } from '../db/writer.ts'
import { DomainError } from '../errors.ts'
import type { Worked } from './attempt-row.ts'
import type { Job } from './tables.ts'

/** What an attempt left behind for the next: text, steps, and whatever its kind remembers. */
export interface Draft {
  phase: string
  bytes: number
  step: number
  steps: number
  text: string
  data: Record<string, unknown>
}

export const EMPTY_DRAFT: Draft = { phase: 'start', bytes: 0, step: 0, steps: 0, text: '', data: {} }

/** What a handler works with: its input, and the ways to say how far it is. */
export interface JobContext<Input> {
  job: Job
  input: Input
  /** Aborts when the job is cancelled, paused, given back or taken over: stop, and free what you hold. */
  signal: AbortSignal
  /** What the attempt before this one had made; empty in the first. */
  draft: Readonly<Draft>
  /** Runs `work` once for the job, however many attempts it takes, and remembers its (JSON) result. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Says, durably, who works on this attempt: a provider and its model, or an engine on a device. */
  using(worked: Worked): Promise<void>
  /** Says, durably, what the job does now. */
  phase(name: string): Promise<void>
  /** Says, durably, that something happened on the way: an event of this type, with the job's name. */
  tell(type: string, data: Record<string, unknown>): Promise<void>
  /** More text was made: told live, kept in the draft within the flush interval. */
  delta(text: string): void
  /** The text so far is another one than was told. */
  replaceText(text: string): void
  /** Bytes were received that are no text to show. */
  bytes(total: number): void
  progress(step: { step: number; steps: number; etaMs?: number | undefined }): void
  /** How much of something large has come. Each call is told: twice a second is enough. */
  transfer(far: Transfer): void
  preview(url: string): void
  /** Merges facts for the next attempt into the draft. */
  remember(data: Record<string, unknown>): void
}

/** How far a download is. */
export interface Transfer {
  bytes: number
  /** Null where nobody says. */
  totalBytes: number | null
  bytesPerSecond: number
  etaMs: number | null
}

/** What a job hands over when it is done. `effects` commit together with its success, or not at all. */
export interface Done {
  result: unknown
  effects?: (tx: Tx) => Promise<void>
  /** Done once that is committed, while others run already; an orderly stop waits for it, a crash may prevent it. */
  after?: () => Promise<unknown>
}

/** One kind of job. */
export interface Handler<Input = never> {
  kind: string
  /** The queue that it waits in; the worker bounds each lane. */
  lane: string
  run(ctx: JobContext<Input>): Promise<Done>
  /** Called in the transaction of every change of state but the start, with the job as it is now. */
  moved?(tx: Tx, job: Job): Promise<void>
  /** Makes the kind one that a schedule may run: gives the input as it will be run, or throws Invalid. */
  schedulable?(input: unknown): Input
}

/** Thrown by a handler to end its job as cancelled. */
export class Cancel extends Error {}

/** Thrown by a handler to try again later; not counted as a failure. `reason` says to a person why. */
export class Snooze extends Error {
  constructor(
    readonly delayMs: number,
    readonly reason?: DomainError,
  ) {
    super('snooze')
  }
}

/** Thrown by a handler when a person must decide: the job is held with this error. */
export class Hold extends Error {
  constructor(readonly reason: DomainError) {
    super(reason.message)
  }
}

/** True for the signal of an attempt that was paused or given back: its job goes on later, so that a checkpoint made now spares work. */
export function goesOnLater({ aborted, reason }: AbortSignal): boolean {
  return aborted && (reason === 'job.paused' || reason === 'shutdown')
}

/** The attempt has been taken over, cancelled or paused: nothing it does counts any more. */
export class LeaseLost extends DomainError {
  override name = 'LeaseLost'
  constructor(job: string, attempt: number) {
    super('lease_lost', `Attempt ${attempt} of the job no longer owns it; its result was not kept.`, {
      context: { job, attempt },
    })
  }
}
