import { join } from 'node:path'
import { DomainError } from '../errors.ts'
import type { ChildEnd } from './child.ts'
import { readResult, readSpec } from './folder.ts'
import { EXIT, type WorkerOutput, type WorkerResult, type WorkerSpec } from './protocol.ts'

/** What an attempt has made, with all that is known of how. */
export interface Rendered extends Omit<WorkerResult, 'v' | 'outputs'> {
  /** With absolute paths. */
  outputs: (WorkerOutput & { path: string })[]
  /** The name of the device on which it went on from a checkpoint; null: it was made from the start. */
  resumedOn: string | null
}

/** What an ended child comes to: its outputs, once result.json and the files agree, or the error to throw. */
export function settle(end: ChildEnd, folder: string, signal: AbortSignal): Rendered {
  if (end.why === 'cancelled')
    throw signal.reason ?? retryable('gpu_preempted', 'The renderer was stopped before its step ended.')
  if (end.why === 'hung')
    throw retryable(
      'gpu_worker_hung',
      `The renderer was silent for ${Math.round(end.silentMs / 1000)} s while in “${end.phase}” and was stopped.`,
    )
  if (end.why === 'unstartable')
    throw retryable('gpu_worker_died', 'The renderer could not be started. Run “hearth doctor”.')
  if (end.why === 'garbage')
    throw retryable(
      'gpu_worker_garbage',
      'The renderer wrote lines that are none of the protocol and was stopped. See log.txt of the attempt.',
    )
  if (end.code === EXIT.done) return finished(folder)
  throw exitError(end)
}

export function renderedIn(
  folder: string,
  { v: _, outputs, ...result }: WorkerResult,
  spec: WorkerSpec | null,
): Rendered {
  return {
    ...result,
    outputs: outputs.map((output) => ({ ...output, path: join(folder, output.file) })),
    resumedOn: result.resumedFrom > 0 ? (spec?.device.name ?? null) : null,
  }
}

export function badSpec(detail: string): DomainError {
  return new DomainError(
    'gpu_bad_spec',
    `This picture can't be rendered as asked. ${detail}. Change the task and try again.`,
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

function finished(folder: string): Rendered {
  const result = readResult(folder)
  if (!('missing' in result)) return renderedIn(folder, result, readSpec(folder))
  throw retryable('gpu_worker_died', `The renderer ended as if it were done, but left no ${result.missing}.`)
}

function exitError({ code, signal, failed }: Extract<ChildEnd, { why: 'exit' }>): DomainError {
  if (code === EXIT.badSpec) return badSpec(failed?.message ?? 'the worker refused spec.json')
  if (code === EXIT.outOfMemory)
    return retryable('gpu_out_of_memory', 'The device ran out of memory. Choose a lower tier or a smaller picture.')
  if (code === EXIT.preempted)
    return retryable('gpu_preempted', 'The renderer was asked to stop and has written a checkpoint.')
  if (code === EXIT.disk)
    return diskError(failed?.code === 'disk_full' ? 'disk_full' : 'disk_unwritable', failed?.message)
  return retryable(
    'gpu_worker_died',
    `The renderer ended by itself (${signal ?? `exit code ${code}`}). See log.txt of the attempt.`,
    { code, signal },
  )
}

function retryable(code: string, message: string, context: Record<string, unknown> = {}): DomainError {
  return new DomainError(code, message, { retryable: true, context })
}
