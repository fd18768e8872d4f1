import type { Chunk } from './provider.ts'

/** Characters that may wait for their reader before the vendor's stream has to wait too. */
const WAITING_AT_MOST = 256 * 1_024

/** Takes the next piece of an answer. A promise: enough waits; go on when it resolves. */
export type Push = (chunk: Chunk) => Promise<void> | undefined

/**
 * The pieces of an answer, as `produce` hears them from a vendor. What comes in one turn of the event loop goes on as one: text is joined, so that
 * all that is put around a stream costs once per turn, not once per token. Whoever leaves early aborts `produce`, as `signal` does.
 */
export async function* pumped(
  signal: AbortSignal,
  produce: (push: Push, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Chunk> {
  signal.throwIfAborted()
  const left = new AbortController()
  const pile = openPile()
  const abort = () => pile.end(signal.reason)
  signal.addEventListener('abort', abort)
  produce(pile.push, AbortSignal.any([signal, left.signal])).then(() => pile.end(), pile.end)
  try {
    for (;;) {
      for (const chunk of pile.taken()) yield chunk
      if (await pile.over()) return
    }
  } finally {
    signal.removeEventListener('abort', abort)
    left.abort()
    pile.end()
  }
}

/** Pieces that wait for their reader. */
function openPile() {
  let chunks: Chunk[] = []
  let characters = 0
  let ended = false
  let failure: unknown
  let due = false
  let wake = () => {}
  let roomy = Promise.withResolvers<void>()

  function tell(): void {
    due = false
    wake()
  }

  return {
    push(chunk: Chunk): Promise<void> | undefined {
      if (ended) return undefined
      if (!joined(chunks.at(-1), chunk)) chunks.push({ ...chunk })
      if (!due) setImmediate(tell) // in the next turn: what else has come by then goes with it
      due = true
      if (chunk.type === 'text') characters += chunk.text.length
      if (chunk.type === 'calling') characters += chunk.delta.length
      return characters > WAITING_AT_MOST ? roomy.promise : undefined
    },
    /** All that waits. */
    taken(): Chunk[] {
      const all = chunks
      chunks = []
      characters = 0
      roomy.resolve()
      roomy = Promise.withResolvers()
      return all
    },
    /** Waits until there is something to take; true when there is nothing any more. @throws what `produce` threw */
    async over(): Promise<boolean> {
      if (chunks.length === 0 && !ended)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      if (chunks.length > 0) return false
      if (failure !== undefined) throw failure
      return ended
    },
    end(error?: unknown): void {
      if (ended) return
      ended = true
      failure = error
      roomy.resolve()
      tell()
    },
  }
}

/** Adds a piece to the one before it, where that makes no difference to a reader. */
function joined(last: Chunk | undefined, chunk: Chunk): boolean {
  if (chunk.type === 'text' && last?.type === 'text') last.text += chunk.text
  else if (chunk.type === 'calling' && last?.type === 'calling' && last.id === chunk.id) last.delta += chunk.delta
  else return chunk.type === 'thinking' && last?.type === 'thinking'
  return true
}
