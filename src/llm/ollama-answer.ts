import { ownIds } from './own-ids.ts'
import type { Chunk, FinishReason, ModelRequest, ToolCall } from './provider.ts'

/** What Hearth reads of each line of an answer. */
export interface ChatLine {
  message?: { content?: string; thinking?: string; tool_calls?: VendorCall[] }
  done?: boolean
  done_reason?: string
  prompt_eval_count?: number
  eval_count?: number
  error?: unknown
}

interface VendorCall {
  id?: string
  function?: { name?: string; arguments?: unknown }
}

/** A reader of one answer: what each line adds. `window`: what `num_ctx` was asked for. */
export function lineReader({ messages }: Pick<ModelRequest, 'messages'>, window: number) {
  const newId = ownIds(messages)
  let calls = 0

  return function* read({ message, ...line }: ChatLine): Generator<Chunk> {
    if (message?.thinking) yield { type: 'thinking' }
    if (message?.content) yield { type: 'text', text: message.content }
    for (const call of message?.tool_calls ?? []) {
      calls++
      yield { type: 'call', call: callOf(call, newId) }
    }
    if (!line.done) return
    const inputTokens = line.prompt_eval_count ?? 0
    const outputTokens = line.eval_count ?? 0
    yield { type: 'usage', inputTokens, outputTokens, cachedTokens: 0 }
    const isFull = inputTokens + outputTokens > window // it has forgotten the beginning to go on
    yield { type: 'finish', reason: isFull ? 'length' : finishOf(line.done_reason, calls > 0) }
  }
}

/** True when the server cut the prompt to what fits. */
export function cutThePrompt({ done, prompt_eval_count: count = 0 }: ChatLine, window: number): boolean {
  return done === true && count >= window
}

function callOf({ id, function: { name = '', arguments: given } = {} }: VendorCall, newId: () => string): ToolCall {
  const input = typeof given === 'string' ? given : JSON.stringify(given ?? {})
  return { id: id || newId(), name, input }
}

/** `load` and `unload` say that there was no answer. Servers before 2024 give no reason. */
function finishOf(reason = 'stop', hasCalls: boolean): FinishReason {
  if (reason === 'length') return 'length'
  if (reason !== 'stop') return 'other'
  return hasCalls ? 'tools' : 'stop'
}
