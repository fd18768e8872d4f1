import type { Chunk, FinishReason, ToolCall, Usage } from './provider.ts'
import { thinkTags } from './think-tags.ts'

/** What is read of a chunk. Servers leave out what they have nothing for, or send null. */
export interface ChatChunk {
  choices?: ChatChoice[] | null
  usage?: ChatUsage | null
}

interface ChatChoice {
  delta?: ChatDelta | null
  finish_reason?: string | null
}

interface ChatDelta {
  content?: string | null
  /** A model that declines in structured output says so here. */
  refusal?: string | null
  /** Thinking: DeepSeek's name for it, which most servers took over, and the other one. */
  reasoning_content?: string | null
  reasoning?: string | null
  tool_calls?: CallDelta[] | null
}

interface CallDelta {
  index?: number
  id?: string | null
  function?: { name?: string | null; arguments?: string | null } | null
}

interface ChatUsage {
  prompt_tokens?: number
  completion_tokens?: number
  total_tokens?: number
  prompt_tokens_details?: { cached_tokens?: number | null; cache_write_tokens?: number | null } | null
}

/** Reads the chunks of one answer, in their order. */
export function chunkReader() {
  const calls: ToolCall[] = []
  const at = new Map<number, ToolCall>()
  const tags = thinkTags()
  let declines = false

  /** The call that a piece belongs to. Some servers number all calls 0: another id is another call. */
  const callOf = ({ index = 0, id, function: part }: CallDelta): ToolCall => {
    const open = at.get(index)
    if (open && (!id || open.id === id)) return open
    const call = { id: id || `call_${calls.length + 1}`, name: part?.name ?? '', input: '' }
    calls.push(call)
    at.set(index, call)
    return call
  }

  return function* read({ choices, usage }: ChatChunk): Generator<Chunk> {
    if (usage) yield { type: 'usage', ...count(usage) }
    const choice = choices?.[0]
    if (!choice) return
    const { content, refusal, reasoning_content, reasoning, tool_calls } = choice.delta ?? {}
    if (reasoning_content || reasoning) yield { type: 'thinking' }
    if (content) {
      const { text, thinking } = tags.push(content)
      if (thinking) yield { type: 'thinking' }
      if (text) yield { type: 'text', text }
    }
    if (refusal) declines = true
    for (const piece of tool_calls ?? []) {
      const call = callOf(piece)
      const delta = piece.function?.arguments ?? ''
      call.input += delta
      yield { type: 'calling', id: call.id, name: call.name, delta }
    }
    if (!choice.finish_reason) return
    const rest = tags.end()
    if (rest) yield { type: 'text', text: rest }
    const reason = declines ? 'refusal' : reasonOf(choice.finish_reason, calls.length > 0)
    if (reason === 'tools') yield* calls.splice(0).map((call): Chunk => ({ type: 'call', call }))
    yield { type: 'finish', reason }
  }
}

const FINISH = new Map<string, FinishReason>(
  Object.entries({
    stop: 'stop',
    length: 'length',
    content_filter: 'refusal',
    tool_calls: 'tools',
    function_call: 'tools',
  } as const),
)

/** Some servers say that a model has stopped when it calls a tool. */
function reasonOf(said: string, calls: boolean): FinishReason {
  const reason = FINISH.get(said) ?? 'other'
  return reason === 'stop' && calls ? 'tools' : reason
}

/** xAI leaves thinking out of `completion_tokens`: what is no prompt was written by the model. */
function count({
  prompt_tokens = 0,
  completion_tokens = 0,
  total_tokens = 0,
  prompt_tokens_details,
}: ChatUsage): Usage {
  return {
    inputTokens: prompt_tokens,
    outputTokens: Math.max(completion_tokens, total_tokens - prompt_tokens),
    cachedTokens: prompt_tokens_details?.cached_tokens ?? 0,
    cacheWriteTokens: prompt_tokens_details?.cache_write_tokens ?? 0,
  }
}
