import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Chunk, ModelRequest, Provider } from './provider.ts'

/** How long a model may keep Hearth waiting, in ms. Text, thinking and tool calls count as content: pings don't. */
export interface Limits {
  firstContentMs: number
  idleMs: number
  totalMs: number
}

export const LIMITS: Limits = { firstContentMs: 60_000, idleMs: 30_000, totalMs: 15 * 60_000 }

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
  { clock, limits = LIMITS }: Deps,
  provider: Provider,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  signal.throwIfAborted()
  const cut = new AbortController()
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => {}) // whoever waits at that moment hears of it
  const onAbort = () => {
    cut.abort(signal.reason)
    aborted.reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort)

  const chunks = provider.stream(request, cut.signal)[Symbol.asyncIterator]()
  const started = clock.awake()
  let quietSince = started
  let begun = false
  try {
    for (;;) {
      const deadline = Math.min(quietSince + (begun ? limits.idleMs : limits.firstContentMs), started + limits.totalMs)
      const next = await within(clock, deadline, chunks.next(), aborted.promise)
      if (next === 'late')
        throw tooLate(provider, limits, clock.awake() - started >= limits.totalMs ? 'total' : begun ? 'idle' : 'first')
      if (next.done) return
      yield next.value
      if (!isContent(next.value)) continue
      quietSince = clock.awake()
      begun = true
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    cut.abort()
    chunks.return?.().catch(() => {}) // a cut stream rejects with the abort that was just asked for
  }
}

/** An empty piece is what some servers send to keep the connection, like a ping. */
function isContent(chunk: Chunk): boolean {
  if (chunk.type === 'text') return chunk.text !== ''
  if (chunk.type === 'calling') return chunk.delta !== ''
  return chunk.type === 'thinking' || chunk.type === 'call'
}

async function within<T>(clock: Deps['clock'], deadline: number, next: Promise<T>, aborted: Promise<never>) {
  const woken = new AbortController()
  const late = lateAt(clock, deadline, woken.signal)
  next.catch(() => {}) // what a stream says after it was cut is of no interest
  try {
    return await Promise.race([next, late, aborted])
  } finally {
    woken.abort()
  }
}

/** A sleep ends by the world's time: a process that was stopped meanwhile has some of it left. */
async function lateAt(clock: Deps['clock'], deadline: number, woken: AbortSignal): Promise<'late'> {
  do await clock.sleep(Math.max(0, deadline - clock.awake()), woken)
  while (!woken.aborted && clock.awake() < deadline)
  return 'late'
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
