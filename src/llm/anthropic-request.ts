import type { Message, ModelRequest, Picture, Tool, ToolCall, ToolResult } from './provider.ts'
import { wantedBack } from './signatures.ts'
import { inputOf, jsonSchema } from './tool-input.ts'

/** Models that know no adaptive thinking: they would refuse the request. */
const WITHOUT_ADAPTIVE_THINKING = /^claude-(?:[a-z]+-4(?:-[0-5])?(?:-\d{8})?$|[0-3])/
/** The end of a part that a later request begins with too. The vendor takes four: tools, rules, context and conversation. */
const CACHED = { cache_control: { type: 'ephemeral' as const } }

/** A thinking block as the vendor gave it, which it wants back unchanged. */
export type Thought =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }

/** The parts of a request that count as its input. */
export function requestInput({ model, system, context, messages, tools, task }: ModelRequest) {
  const stable = [system, context].filter((text) => text !== undefined && text !== '') as string[]
  const turns = messages.flatMap((message) => turn(message, model))
  return {
    model,
    messages: goesOn({ tools, task }) ? withCachedEnd(turns) : turns,
    system: stable.map((text) => ({ type: 'text' as const, text, ...CACHED })),
    ...(tools && tools.length > 0 ? { tools: tools.map(toolIn) } : {}),
    // Thinking that is left out of the stream would look like a stall.
    ...(WITHOUT_ADAPTIVE_THINKING.test(model)
      ? {}
      : { thinking: { type: 'adaptive' as const, display: 'summarized' as const } }),
  }
}

/** Whether the next request repeats this one and adds to it. Others would pay for the writing to the cache and never read. */
function goesOn({ tools, task }: Pick<ModelRequest, 'tools' | 'task'>): boolean {
  return task.kind === 'chat' || (tools ?? []).length > 0
}

interface Cacheable {
  cache_control?: { type: 'ephemeral' }
}

type Text = { type: 'text'; text: string } & Cacheable
type Image = { type: 'image'; source: { type: 'base64'; media_type: Picture['media']; data: string } } & Cacheable
type Result = { type: 'tool_result'; tool_use_id: string; content: string; is_error: boolean } & Cacheable
type Call = { type: 'tool_use'; id: string; name: string; input: unknown }
type Asked = Text | Image | Result
type Turn =
  | { role: 'user'; content: string | Asked[] }
  | { role: 'assistant'; content: string | (Thought | Text | Call)[] }

function turn(message: Message, model: string): Turn[] {
  if (message.role === 'tool') return [{ role: 'user', content: message.results.map(result) }]
  if (message.role === 'user') {
    const shown = (message.pictures ?? []).map(image)
    return [{ role: 'user', content: shown.length > 0 ? [...shown, ...said(message.content)] : message.content }]
  }
  const calls = message.calls ?? []
  if (calls.length > 0) {
    const thoughts = calls.flatMap((call) => thoughtsBefore(call, model))
    return [{ role: 'assistant', content: [...thoughts, ...said(message.content), ...calls.map(toolUse)] }]
  }
  // The vendor refuses a turn that says nothing.
  return message.content.trim() === '' ? [] : [{ role: 'assistant', content: message.content }]
}

function image({ media, base64 }: Picture): Image {
  return { type: 'image', source: { type: 'base64', media_type: media, data: base64 } }
}

function said(text: string): Text[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }]
}

function toolUse(call: ToolCall): Call {
  return { type: 'tool_use', id: call.id, name: call.name, input: inputOf(call) }
}

function thoughtsBefore(call: ToolCall, model: string): Thought[] {
  const thoughts = wantedBack(call, 'anthropic', model)
  return thoughts === undefined ? [] : JSON.parse(thoughts)
}

function result({ call, content, failed }: ToolResult): Result {
  return { type: 'tool_result', tool_use_id: call, content, is_error: failed ?? false }
}

function withCachedEnd(turns: Turn[]): Turn[] {
  const last = turns.at(-1)
  if (last?.role !== 'user') return turns
  const blocks: Asked[] = typeof last.content === 'string' ? said(last.content) : last.content
  const cached = blocks.map((block, i) => (i === blocks.length - 1 ? { ...block, ...CACHED } : block))
  return [...turns.slice(0, -1), { role: 'user', content: cached }]
}

function toolIn({ name, description, zod }: Tool, i: number, { length }: Tool[]) {
  const input_schema = { type: 'object' as const, ...jsonSchema(zod) }
  return { name, description, input_schema, ...(i === length - 1 ? CACHED : {}) }
}
