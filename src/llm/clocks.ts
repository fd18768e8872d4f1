import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Chunk, ModelRequest, Provider } from './provider.ts'
import { type Push, pumped } from './pump.ts'

/** How long a model may keep Hearth waiting, in ms. Text, thinking and tool calls count as content: pings don't. */
export interface Limits {
  firstContentMs: number
  idleMs: number
  totalMs: number
}

export const LIMITS: Limits = { firstContentMs: 60_000, idleMs: 30_000, totalMs: 15 * 60_000 }
/** A server of the own network may have to load the model first, and reads a long prompt slowly. */
const LOCAL_LIMITS: Limits = { ...LIMITS, firstContentMs: 5 * 60_000 }

interface Deps {
  clock: Pick<Clock, 'awake' | 'sleep'>
  limits?: Limits
}

/**
 * The same provider with three clocks around each stream. A stream that is late is aborted, and ends with
 * `model_first_content_timeout`, `model_idle_timeout` or `model_total_timeout`, all retryable. The time that the reader
 * takes between two chunks does not count as the model's silence, nor does a time in which this process was stopped.
 */
export function withClocks(deps: Deps, provider: Provider): Provider {
  return { ...provider, stream: (request, signal) => timed(deps, provider, request, signal) }
}

async function* timed(
  { clock, limits: given }: Deps,
  provider: Provider,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const limits = given ?? (provider.local ? LOCAL_LIMITS : LIMITS)
  const cut = new AbortController()
  const watch = openWatch(clock, limits)
  const stop = AbortSignal.any([signal, cut.signal])
  watch.over(stop).then(
    (which) => cut.abort(tooLate(provider, limits, which)),
    () => {}, // it was stopped
  )
  const hear = async (push: Push, stopped: AbortSignal) => {
    for await (const chunk of provider.stream(request, stopped)) {
      if (isContent(chunk)) watch.heard()
      const full = push(chunk)
      if (full) await watch.paused(full)
      if (stopped.aborted) return // also a vendor's library that is deaf to its signal
    }
  }
  try {
    yield* pumped(stop, hear)
  } finally {
    cut.abort()
  }
}

/** The clocks of one stream, one timer for all of them. */
function openWatch(clock: Deps['clock'], limits: Limits) {
  const started = clock.awake()
  let quietSince = started
  let begun = false
  let waiting = 0
  let asleep = new AbortController()
  const deadline = () => {
    const silent = waiting > 0 ? Number.POSITIVE_INFINITY : quietSince + (begun ? limits.idleMs : limits.firstContentMs)
    return Math.min(silent, started + limits.totalMs)
  }
  return {
    heard() {
      quietSince = clock.awake()
      if (!begun) asleep.abort() // the idle clock may run out before the one that was waited for
      begun = true
    },
    /** The vendor's stream waits for its reader: that is not the model's silence. */
    async paused(until: Promise<void>) {
      waiting++
      await until
      waiting--
      quietSince = clock.awake()
      asleep.abort()
    },
    /** Resolves with the clock that has run out. A sleep ends by the world's time: a process that was stopped meanwhile has some of it left. */
    async over(signal: AbortSignal): Promise<keyof typeof LATE> {
      for (;;) {
        const now = clock.awake()
        if (now >= started + limits.totalMs) return 'total'
        if (now >= deadline()) return begun ? 'idle' : 'first'
        asleep = new AbortController()
        await clock.sleep(deadline() - now, AbortSignal.any([signal, asleep.signal]))
        signal.throwIfAborted()
      }
    },
  }
}

/** An empty piece is what some servers send to keep the connection, like a ping. */
function isContent(chunk: Chunk): boolean {
  if (chunk.type === 'text') return chunk.text !== ''
  if (chunk.type === 'calling') return chunk.delta !== ''
  return chunk.type === 'thinking' || chunk.type === 'call'
}

const LATE = {
  first: [
    'model_first_content_timeout',
    'firstContentMs',
    'The model said nothing for',
    'Hearth asks again by itself.',
  ],
  idle: ['model_idle_timeout', 'idleMs', 'The model fell silent for', 'Hearth goes on from what there is.'],
  total: ['model_total_timeout', 'totalMs', 'The model was not done after', 'Hearth goes on from what there is.'],
} as const

function tooLate(provider: Provider, limits: Limits, which: keyof typeof LATE): DomainError {
  const [code, limit, what, next] = LATE[which]
  const limitMs = limits[limit]
  return new DomainError(code, `${what} ${Math.round(limitMs / 1000)} s. ${next}`, {
    retryable: true,
    severity: 'warning',
    context: { provider: provider.name, limitMs },
  })
}
