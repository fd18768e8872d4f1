import { shapeInWords } from './answer-shape.ts'
import type { AnswerSchema, Message, ModelRequest, Picture, Tool, ToolCall } from './provider.ts'
import { inputOf, jsonSchema, structureOf } from './tool-input.ts'

/** In what servers of the one protocol differ. */
export interface ChatDialect {
  /** What the limit of the answer is called: OpenAI's own models take only the newer name, most others only the older. */
  limit: 'max_completion_tokens' | 'max_tokens'
  /** True for servers of any kind: some refuse a request with a schema. */
  mayRefuseSchemas: boolean
}

/** How the schema of an answer is put: as the API's own parameter, or in words alone. */
export type SchemaFormat = ((schema: AnswerSchema) => unknown) | 'words'

/** A request as Chat Completions takes it. */
export function chatBody(
  { limit, mayRefuseSchemas }: ChatDialect,
  request: ModelRequest,
  format: SchemaFormat,
): Record<string, unknown> {
  const { model, schema, tools, maxOutputTokens } = request
  return {
    model,
    messages: [systemTurn(request, format), ...request.messages.flatMap(turns)],
    stream: true,
    stream_options: { include_usage: true },
    [limit]: maxOutputTokens,
    ...(schema && format !== 'words' ? { response_format: format(schema) } : {}),
    ...(tools?.length ? { tools: tools.map((each) => tool(each, mayRefuseSchemas ? structureOf : jsonSchema)) } : {}),
  }
}

/** One turn for all rules, what is shared by the most requests first: vendors cache by the beginning, and some local models take no second. */
function systemTurn({ system, context, schema }: ModelRequest, format: SchemaFormat) {
  const shape = schema && format === 'words' ? shapeInWords(schema) : ''
  return { role: 'system', content: [system, context, shape].filter((text) => text).join('\n\n') }
}

function turns(message: Message): object[] {
  if (message.role === 'user') return [{ role: 'user', content: shown(message.content, message.pictures) }]
  if (message.role === 'tool')
    return message.results.map(({ call, content }) => ({ role: 'tool', tool_call_id: call, content }))
  const { content, calls = [] } = message
  if (calls.length === 0) return [{ role: 'assistant', content }]
  return [{ role: 'assistant', content: content === '' ? null : content, tool_calls: calls.map(pastCall) }]
}

function shown(text: string, pictures: Picture[] = []) {
  if (pictures.length === 0) return text
  const urls = pictures.map(({ media, base64 }) => ({ url: `data:${media};base64,${base64}` }))
  return [{ type: 'text', text }, ...urls.map((image_url) => ({ type: 'image_url', image_url }))]
}

/** Templates of local models parse the input, and fail the request when it is broken. */
function pastCall(call: ToolCall) {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: JSON.stringify(inputOf(call)) } }
}

function tool({ name, description, zod }: Tool, shapeOf: typeof jsonSchema) {
  return { type: 'function', function: { name, description, parameters: shapeOf(zod) } }
}
