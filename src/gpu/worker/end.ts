import { EXIT } from '../wire.ts'
import type { Say } from './voice.ts'

/** An end of an attempt that has an exit code of its own. */
export class Ended extends Error {
  override name = 'Ended'
  constructor(
    readonly exit: number,
    readonly code: string,
    message: string,
    readonly figures: { needBytes?: number } = {},
  ) {
    super(message)
  }
}

/** Says why the attempt ended, unless it was asked to. Returns the exit code. @throws what is none of ours */
export function sayEnd(error: unknown, say: Say): number {
  if (!(error instanceof Ended)) throw error
  const { exit, code, message, figures } = error
  if (exit !== EXIT.cancelled && exit !== EXIT.preempted)
    say({
      type: 'failed',
      code,
      message: message.slice(0, 2000),
      retryable: exit === EXIT.outOfMemory || exit === 1,
      ...figures,
    })
  return exit
}
