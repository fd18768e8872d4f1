import { join } from 'node:path'
import { DomainError } from '../errors.ts'
import type { WorkerEnd } from './attend.ts'
import { readResult, readSpec } from './folder.ts'
import type { WorkerOutput, WorkerResult, WorkerSpec } from './protocol.ts'
import { EXIT } from './wire.ts'

/** What an attempt has made, with all that is known of how. */
export interface Rendered extends Omit<WorkerResult, 'v' | 'outputs'> {
  /** With absolute paths. */
  outputs: (WorkerOutput & { path: string })[]
  /** The name of the device on which it went on from a checkpoint; null: it was made from the start. */
  resumedOn: string | null
}

/** What is known of an attempt besides how it ended. */
export interface Circumstances {
  folder: string
  signal: AbortSignal
  /** Whether the kernel has killed for want of the host's memory while it ran. */
  hostWasFull: boolean
  /** Whether an attempt before it has made no picture but noise or black. */
  badBefore: boolean
}

type Exited = Extract<WorkerEnd, { why: 'exit' }>

/** What an ended worker comes to: its outputs, once result.json and the files agree, or the error to throw. */
export async function settle(end: WorkerEnd, about: Circumstances): Promise<Rendered> {
  if (end.why === 'cancelled')
    throw about.signal.reason ?? retryable('gpu_preempted', 'The renderer was stopped before its step ended.')
  if (end.why === 'hung')
    throw retryable(
      'gpu_worker_hung',
      `The renderer was silent for ${Math.round(end.silentMs / 1000)} s while in “${end.phase}” and was stopped.`,
      { phase: end.phase },
    )
  if (end.why === 'stalled') throw stoodStill(end)
  if (end.why === 'garbage')
    throw retryable(
      'gpu_worker_garbage',
      'The renderer wrote lines that are none of the protocol and was stopped. See log.txt of the attempt.',
      { phase: end.phase },
    )
  if (end.why === 'idle' || end.code === EXIT.done) return finished(about.folder)
  throw exitError(end, about)
}

/** Between the end of a worker and the keeping of its files, somebody has changed one. */
export function changedOutput(file: string): DomainError {
  return retryable('gpu_worker_died', `The renderer’s ${file} is not what it was when it was done.`)
}

export function renderedIn(folder: string, result: WorkerResult, spec: WorkerSpec | null): Rendered {
  const { v: _, outputs, ...rest } = result
  return {
    ...rest,
    outputs: outputs.map((output) => ({ ...output, path: join(folder, output.file) })),
    resumedOn: result.resumedFrom > 0 ? (spec?.device.name ?? null) : null,
  }
}

export function badSpec(detail: string): DomainError {
  return new DomainError(
    'gpu_bad_spec',
    `This picture can't be rendered as asked. ${detail}. Change what is asked for, then try again.`,
  )
}

/** A failure of the file system, as what a person can do about it. */
export function diskFailure(cause: unknown): DomainError {
  const { code, message } = cause as NodeJS.ErrnoException
  return diskError(code === 'ENOSPC' || code === 'EDQUOT' ? 'disk_full' : 'disk_unwritable', message)
}

function diskError(code: 'disk_full' | 'disk_unwritable', detail = ''): DomainError {
  const todo =
    code === 'disk_full' ? 'The disk is full. Free some space' : 'The data directory can’t be written. Check its rights'
  return new DomainError(code, `${todo}, then try the job again.`, { severity: 'critical', context: { detail } })
}

async function finished(folder: string): Promise<Rendered> {
  const result = await readResult(folder)
  if (!('missing' in result)) return renderedIn(folder, result, readSpec(folder))
  throw retryable('gpu_worker_died', `The renderer ended as if it were done, but left no ${result.missing}.`)
}

/** What stood still, where, and for how long. */
function stoodStill({ phase, stillMs, place }: Extract<WorkerEnd, { why: 'stalled' }>): DomainError {
  const where = place ? ` (at ${place})` : ''
  const message = `The renderer stood still for ${inWords(stillMs)} while in “${phase}”${where}, though it said that it lives, and was stopped.`
  return retryable('gpu_worker_stalled', message, { phase, place, stillMs })
}

function inWords(ms: number): string {
  return ms < 100_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`
}

/** By the exit code, which a worker's own last words make more exact. */
function exitError(end: Exited, about: Circumstances): DomainError {
  const { code, signal, failed, phase } = end
  if (code === EXIT.badSpec) return badSpec(failed?.message ?? 'The engine refused it, and did not say why')
  if (code === EXIT.modelMissing) return modelMissing(end)
  if (code === EXIT.outOfMemory) return outOfMemory(end, failed?.code === 'host_out_of_memory' ? 'host' : 'device')
  if (signal === 'SIGKILL' && about.hostWasFull) return outOfMemory(end, 'host')
  if (code === EXIT.deviceFatal)
    return retryable('gpu_device_fatal', `The device itself has failed. ${said(end)}`, { phase })
  if (code === EXIT.badOutput) return badOutput(end, about.badBefore)
  if (code === EXIT.preempted)
    return retryable('gpu_preempted', 'The renderer was asked to stop and has written a checkpoint.', { phase })
  if (code === EXIT.disk)
    return diskError(failed?.code === 'disk_full' ? 'disk_full' : 'disk_unwritable', failed?.message)
  return retryable(
    'gpu_worker_died',
    `The renderer ended by itself (${signal ?? `exit code ${code}`}). See log.txt of the attempt.`,
    { code, signal, phase },
  )
}

/** Which memory was out, and what is known of it: how much was wanted, free and there, bytes. */
function outOfMemory({ failed, phase }: Exited, where: 'device' | 'host'): DomainError {
  const { needBytes, freeBytes, totalBytes } = failed ?? {}
  const message =
    where === 'device'
      ? 'The device ran out of memory. Choose a lower tier or a smaller picture.'
      : 'This machine ran out of memory while it rendered. Choose a lower tier, or close other programs.'
  return retryable('gpu_out_of_memory', message, { where, phase, needBytes, freeBytes, totalBytes })
}

function modelMissing(end: Exited): DomainError {
  return new DomainError('gpu_model_missing', `The model is not there, or can’t be read. ${said(end)}`, {
    context: { phase: end.phase },
  })
}

/** Chance may have made one bad picture, never two: the second time it is the model's fault, or the plan's. */
function badOutput(end: Exited, again: boolean): DomainError {
  const message = again
    ? `The model made no picture, twice. ${said(end)}`
    : `The model made no picture: all black, or not a number. ${said(end)}`
  return new DomainError('gpu_bad_output', message, { retryable: !again, context: { phase: end.phase } })
}

function said({ failed }: Exited): string {
  return failed?.message ? `It says: ${failed.message.trim().replace(/\.?$/, '.')}` : 'See log.txt of the attempt.'
}

function retryable(code: string, message: string, context: Record<string, unknown> = {}): DomainError {
  return new DomainError(code, message, { retryable: true, context })
}
