import type { Room } from './ollama-window.ts'
import type { Message, ModelRequest, Tool } from './provider.ts'
import { inputOf, structureOf } from './tool-input.ts'

/** The body of a question to `/api/chat`. A server that knows `truncate` and `shift` refuses what does not fit, where others cut it. */
export function chatBody({ model, system, context, messages, tools, schema }: ModelRequest, { window, answer }: Room) {
  const rules = [system, context].filter(Boolean).join('\n\n')
  return {
    model,
    stream: true,
    truncate: false,
    shift: false,
    messages: [...(rules === '' ? [] : [{ role: 'system', content: rules }]), ...messages.flatMap(turn)],
    ...(tools && tools.length > 0 ? { tools: tools.map(toolIn) } : {}),
    ...(schema ? { format: structureOf(schema.zod) } : {}),
    options: { num_ctx: window, num_predict: answer },
  }
}

function turn(message: Message): object[] {
  if (message.role === 'user') {
    const images = (message.pictures ?? []).map(({ base64 }) => base64)
    return [{ role: 'user', content: message.content, ...(images.length > 0 ? { images } : {}) }]
  }
  if (message.role === 'tool')
    return message.results.map(({ call, name, content }) => ({
      role: 'tool',
      content,
      tool_name: name,
      tool_call_id: call,
    }))
  const calls = (message.calls ?? []).map((call) => ({
    id: call.id,
    function: { name: call.name, arguments: inputOf(call) },
  }))
  if (message.content === '' && calls.length === 0) return []
  return [{ role: 'assistant', content: message.content, ...(calls.length > 0 ? { tool_calls: calls } : {}) }]
}

function toolIn({ name, description, zod }: Tool) {
  return { type: 'function', function: { name, description, parameters: structureOf(zod) } }
}
