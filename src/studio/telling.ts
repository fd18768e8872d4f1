import { basename, dirname } from 'node:path'
import type { Phase } from '../gpu/protocol.ts'
import type { Progress, RenderHooks } from '../gpu/report.ts'
import type { StageClock } from '../gpu/stages.ts'
import type { JobContext } from '../jobs/handler.ts'
import type { Log } from '../log.ts'

/** Previews go out at most this often: an engine may make one for each step. */
const PREVIEW_MS = 500
/** How far it is with its bytes goes out at most this often. */
const TRANSFER_MS = 250
/** Each is kept: a batch has five for each picture. */
const MOST_PHASES = 1_000
/** Where a render's times begin: its model is loaded, then it works. */
const LOADS = ['fetch', 'load']

/** When a render began to load and to run, ms since the epoch: kept in its draft, for those who look. */
export interface Marks {
  loadsAt?: number
  runsAt?: number
}

interface TellingDeps {
  log: Log
  now: () => number
  awake: () => number
}

/** Tells what a renderer says. A preview is told live, and never kept. */
export function telling({ log, now, awake }: TellingDeps, ctx: JobContext<unknown>, stages: StageClock) {
  const { id: job } = ctx.job
  const marks: Marks = {}
  let shownAt = Number.NEGATIVE_INFINITY
  let loadsSince: number | undefined
  let phases = 0
  let carriedAt = Number.NEGATIVE_INFINITY
  const pace = (bytes: number) => {
    loadsSince ??= awake()
    const seconds = (awake() - loadsSince) / 1000
    return { bytesPerSecond: seconds > 0 ? Math.round(bytes / seconds) : 0, etaMs: stages.left().wholeMs }
  }
  return {
    // The picture goes on without it: a lost lease ends the attempt by its signal, a full disk at its settlement.
    onPhase(phase: Phase) {
      if (++phases > MOST_PHASES) return
      stages.phase(phase)
      marks[LOADS.includes(phase) ? 'loadsAt' : 'runsAt'] ??= now()
      ctx.remember({ marks: { ...marks } })
      void ctx.phase(phase).catch((error) => log.warn('a phase was not told', { job, phase, error }))
    },
    onProgress(said: Progress) {
      if ('bytes' in said) {
        if (said.bytes < said.totalBytes && awake() - carriedAt < TRANSFER_MS) return
        carriedAt = awake()
        return ctx.transfer({ ...said, ...pace(said.bytes) })
      }
      const { step, steps, etaMs } = said
      stages.step(step, steps)
      ctx.progress({ step, steps, etaMs: stages.left().wholeMs ?? etaMs ?? undefined })
    },
    onPreview(path: string) {
      if (awake() - shownAt < PREVIEW_MS) return
      shownAt = awake()
      const attempt = basename(dirname(dirname(path))) // an earlier one, where its worker still runs
      ctx.preview(`/jobs/${job}/previews/${attempt}/${basename(path)}`)
    },
  } satisfies RenderHooks
}
