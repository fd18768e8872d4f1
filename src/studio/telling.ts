import { basename, dirname } from 'node:path'
import type { Progress, RenderHooks } from '../gpu/report.ts'
import type { JobContext } from '../jobs/handler.ts'
import type { Log } from '../log.ts'

/** Previews go out at most this often: an engine may make one for each step. */
const PREVIEW_MS = 500
/** Where a render's times begin: its model is loaded, then it works. */
const LOADS = ['fetch', 'load']

/** When a render began to wait for a device, to load and to run, ms since the epoch: kept in its draft, for those who look. */
export interface Marks {
  waitsAt?: number
  loadsAt?: number
  runsAt?: number
}

interface TellingDeps {
  log: Log
  now: () => number
  awake: () => number
}

/** Tells what a renderer says. A preview is told live, and never kept. */
export function telling(
  { log, now, awake }: TellingDeps,
  ctx: Pick<JobContext<unknown>, 'job' | 'phase' | 'progress' | 'preview' | 'bytes' | 'remember'>,
) {
  const { id: job } = ctx.job
  const marks: Marks = { waitsAt: now() }
  let shownAt = Number.NEGATIVE_INFINITY
  const mark = (name: keyof Marks) => {
    marks[name] ??= now()
    ctx.remember({ marks: { ...marks } })
  }
  const hooks = {
    // The picture goes on without it: a lost lease ends the attempt by its signal, a full disk at its settlement.
    onPhase: (phase: string) => {
      mark(LOADS.includes(phase) ? 'loadsAt' : 'runsAt')
      void ctx.phase(phase).catch((error) => log.warn('a phase was not told', { job, phase, error }))
    },
    onProgress: (said: Progress) => {
      if ('step' in said) ctx.progress({ ...said, etaMs: said.etaMs ?? undefined })
    },
    onPreview: (path: string) => {
      if (awake() - shownAt < PREVIEW_MS) return
      shownAt = awake()
      const attempt = basename(dirname(dirname(path))) // an earlier one, where its worker still runs
      ctx.preview(`/jobs/${job}/previews/${attempt}/${basename(path)}`)
    },
  } satisfies RenderHooks
  return { hooks, mark }
}
