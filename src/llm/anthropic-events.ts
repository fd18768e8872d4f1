import type { Thought } from './anthropic-request.ts'
import type { FinishReason, ToolCall, Usage } from './provider.ts'
import type { Push } from './pump.ts'
import { signed } from './signatures.ts'

interface VendorUsage {
  input_tokens?: number | null
  output_tokens?: number | null
  cache_creation_input_tokens?: number | null
  cache_read_input_tokens?: number | null
}

/** What Hearth reads of the events of a stream. */
export type VendorEvent =
  | { type: 'message_start'; message: { usage?: VendorUsage } }
  | { type: 'content_block_start'; index: number; content_block: { type: string } }
  | { type: 'content_block_delta'; index: number; delta: { type: string } }
  | { type: 'content_block_stop'; index: number }
  | { type: 'message_delta'; delta: { stop_reason?: string | null }; usage?: VendorUsage }
  | { type: 'message_stop' }

type Block = { call: ToolCall; given: unknown } | { thought: Thought }

/** A reader of one stream: pushes what each event adds to the answer, and returns what the last push did. */
export function eventReader(model: string, push: Push) {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 }
  const blocks = new Map<number, Block>()
  const thoughts = leadingThoughts()

  return (event: VendorEvent): Promise<void> | undefined => {
    if (event.type === 'content_block_delta') {
      const delta = event.delta as Partial<Delta>
      if (delta.type === 'text_delta' && delta.text) thoughts.end()
      return more(delta, blocks.get(event.index), push)
    }
    if (event.type === 'message_start') push({ type: 'usage', ...count(usage, event.message.usage) })
    if (event.type === 'content_block_start') {
      const block = begun(event.content_block as Partial<Begun>)
      if (block) blocks.set(event.index, block)
      if (block && 'thought' in block) push({ type: 'thinking' })
    }
    if (event.type === 'content_block_stop') {
      const block = blocks.get(event.index)
      blocks.delete(event.index)
      if (block && 'thought' in block) thoughts.add(block.thought)
      if (block && 'call' in block) push({ type: 'call', call: whole(block, thoughts.take(), model) })
    }
    if (event.type === 'message_delta') {
      push({ type: 'usage', ...count(usage, event.usage) })
      if (event.delta.stop_reason) push({ type: 'finish', reason: FINISH.get(event.delta.stop_reason) ?? 'other' })
    }
    return undefined
  }
}

interface Begun {
  type: string
  id: string
  name: string
  input: unknown
  data: string
}

interface Delta {
  type: string
  text: string
  thinking: string
  signature: string
  partial_json: string
}

function begun({ type, id = '', name = '', input, data = '' }: Partial<Begun>): Block | undefined {
  if (type === 'tool_use') return { call: { id, name, input: '' }, given: input }
  if (type === 'thinking') return { thought: { type, thinking: '', signature: '' } }
  if (type === 'redacted_thinking') return { thought: { type, data } }
  return undefined
}

function more(delta: Partial<Delta>, block: Block | undefined, push: Push): Promise<void> | undefined {
  if (delta.type === 'text_delta') return push({ type: 'text', text: delta.text ?? '' })
  if (block && 'call' in block && delta.type === 'input_json_delta') {
    const { id, name } = block.call
    block.call.input += delta.partial_json ?? ''
    return push({ type: 'calling', id, name, delta: delta.partial_json ?? '' })
  }
  if (block && 'thought' in block && block.thought.type === 'thinking') {
    block.thought.thinking += delta.thinking ?? ''
    block.thought.signature += delta.signature ?? ''
  }
  return delta.type === 'thinking_delta' ? push({ type: 'thinking' }) : undefined
}

/** Some gateways give a call's whole input with its beginning, and no piece after. */
function whole({ call, given }: { call: ToolCall; given: unknown }, thoughts: Thought[], model: string): ToolCall {
  const input = call.input === '' ? JSON.stringify(given ?? {}) : call.input
  const signature = thoughts.length > 0 ? signed('anthropic', model, JSON.stringify(thoughts)) : undefined
  return { ...call, input, ...(signature === undefined ? {} : { signature }) }
}

/** The thoughts that stand before all else: only their place is known when the turn is sent back, so that others are left out. */
function leadingThoughts() {
  let kept: Thought[] = []
  let ended = false
  return {
    add(thought: Thought) {
      if (ended) kept = []
      else kept.push(thought)
    },
    end() {
      ended = true
    },
    take(): Thought[] {
      const taken = kept
      kept = []
      ended = true
      return taken
    },
  }
}

/** The vendor's counts are cumulative, and its `input_tokens` leaves out what the cache took or gave. */
function count(usage: Usage, said: VendorUsage | undefined): Usage {
  if (typeof said?.input_tokens === 'number') {
    usage.cachedTokens = said.cache_read_input_tokens ?? 0
    usage.cacheWriteTokens = said.cache_creation_input_tokens ?? 0
    usage.inputTokens = said.input_tokens + usage.cachedTokens + usage.cacheWriteTokens
  }
  usage.outputTokens = said?.output_tokens ?? usage.outputTokens
  return usage
}

const FINISH = new Map<string, FinishReason>(
  Object.entries({
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    refusal: 'refusal',
    tool_use: 'tools',
  } as const),
)
