import { systemClock } from '../clock.ts'
import { goesOnLater } from '../jobs/handler.ts'

/** Of the few seconds that a stop of the server takes: for a step to end and its checkpoint to be written. */
const LAST_STEP_MS = 500

/** How the signal of an attempt ends its renderer: with a checkpoint when the job goes on later, else at once. */
export function endings(signal: AbortSignal): { pause: AbortController; cancel: AbortController } {
  const [pause, cancel] = [new AbortController(), new AbortController()]
  const end = async () => {
    if (goesOnLater(signal)) pause.abort()
    if (signal.reason === 'job.paused') return
    if (pause.signal.aborted) await systemClock.sleep(LAST_STEP_MS)
    cancel.abort(signal.reason)
  }
  if (signal.aborted) void end()
  else signal.addEventListener('abort', end, { once: true })
  return { pause, cancel }
}
