import type { Hub } from '../events/hub.ts'
import { LEASE_MS, takeOverLost } from './claim.ts'
import { openClockWatch } from './clock-watch.ts'
import { openPump, type PumpDeps } from './pump.ts'
import { openRunning } from './running.ts'

/** How old leases get before they are renewed with the next flush of drafts … */
const RENEW_MS = LEASE_MS / 3
/** … and at the latest. */
const RENEW_AT_LATEST_MS = LEASE_MS / 2
/** How soon it is seen that the clock was set. */
const WATCH_MS = 1_000

/** Events after which there may be something to claim. */
const NEWS = new Set(['job.queued', 'job.retrying', 'job.resumed'])
/** Events that end an attempt from outside. */
const STOPS = new Set(['job.cancelled', 'job.paused'])

export interface WorkerDeps extends PumpDeps {
  hub: Hub
  random: () => number
  /** Calls back whenever drafts are written: leases that are renewed then cost no commit of their own. */
  onFlush?: (hear: () => void) => () => void
  /** Calls back whenever a lane may have become wider. */
  onWider?: (hear: () => void) => () => void
  awake: () => number
}

export interface Worker extends AsyncDisposable {
  /** How many jobs run in this process. */
  readonly running: number
}

/** Takes over what a dead server left, then claims and runs jobs until disposed; then gives back what still runs, uncounted. */
export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const { hub, log } = deps
  const running = openRunning(deps, () => pump.wake())
  const pump = openPump(deps, running)
  await takeOverLost(deps, deps)
  const clock = await openClockWatch(deps)
  let renewedAt = performance.now()
  const renewAfter = (ms: number) => {
    if (performance.now() - renewedAt < ms) return
    renewedAt = performance.now()
    running.keepLeases().catch((error) => log.error('leases could not be renewed', { error }))
  }
  const stopHearing = deps.onFlush?.(() => renewAfter(RENEW_MS))
  const stopWidening = deps.onWider?.(pump.wake)
  const renewing = setInterval(renewAfter, RENEW_AT_LATEST_MS, RENEW_AT_LATEST_MS)
  const watching = setInterval(() => {
    clock.look().then(
      (wasSetBack) => wasSetBack && pump.wake(),
      (error) => log.error('a clock that was set back could not be seen to', { error }),
    )
  }, WATCH_MS)
  const untap = hub.tap((line) => {
    if (NEWS.has(line.type)) pump.wake()
    if (STOPS.has(line.type)) running.stop(line.job!, line.body.attempt as number, line.type)
  })
  pump.wake()
  return {
    get running() {
      return running.size
    },
    async [Symbol.asyncDispose]() {
      clearInterval(renewing)
      stopHearing?.()
      stopWidening?.()
      clearInterval(watching)
      await pump.stop()
      await running.giveAllBack()
      untap()
    },
  }
}
