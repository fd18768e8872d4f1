import { isOwnId } from './own-ids.ts'
import type { Message, ModelRequest, Picture, Tool, ToolCall, ToolResult } from './provider.ts'
import { wantedBack } from './signatures.ts'
import { inputOf, structureOf } from './tool-input.ts'

/** Models that would refuse to show their thinking. */
const WITHOUT_THINKING = /^(?!gemini-)|^gemini-(?:1|2\.0)/
/** Models that refuse a call of the past without a signature; the vendor tells what to write where there is none. */
const WANTS_SIGNATURES = /^gemini-(?!1|2)/
const NO_SIGNATURE = 'skip_thought_signature_validator'

/** A conversation as Gemini knows it. */
export function contentsOf({ model, messages }: Pick<ModelRequest, 'model' | 'messages'>): Content[] {
  return messages.flatMap((message) => turn(message, model))
}

/** What a request asks for besides its conversation. */
export function configOf({ model, system, context, maxOutputTokens, schema, tools }: ModelRequest) {
  const stable = [system, context].filter((text) => text !== undefined && text !== '') as string[]
  return {
    maxOutputTokens,
    ...(stable.length > 0 ? { systemInstruction: { parts: stable.map((text) => ({ text })) } } : {}),
    ...(tools && tools.length > 0 ? { tools: [{ functionDeclarations: tools.map(declaration) }] } : {}),
    ...(schema ? { responseMimeType: 'application/json', responseJsonSchema: structureOf(schema.zod) } : {}),
    // Thinking that is left out of the stream would look like a stall.
    ...(WITHOUT_THINKING.test(model) ? {} : { thinkingConfig: { includeThoughts: true } }),
  }
}

interface Part {
  text?: string
  inlineData?: { mimeType: string; data: string }
  functionCall?: { id?: string; name: string; args: Record<string, unknown> }
  functionResponse?: { id?: string; name: string; response: Record<string, unknown> }
  thoughtSignature?: string
}

interface Content {
  role: 'user' | 'model'
  parts: Part[]
}

function turn(message: Message, model: string): Content[] {
  if (message.role === 'tool') return [{ role: 'user', parts: message.results.map(response) }]
  if (message.role === 'user')
    return [{ role: 'user', parts: [...(message.pictures ?? []).map(inline), { text: message.content }] }]
  const parts = [...said(message.content), ...callsOf(message.calls ?? [], model)]
  return parts.length === 0 ? [] : [{ role: 'model', parts }] // the vendor refuses a turn that says nothing
}

function inline({ media, base64 }: Picture): Part {
  return { inlineData: { mimeType: media, data: base64 } }
}

function said(text: string): Part[] {
  return text === '' ? [] : [{ text }]
}

/** Of calls that were made together, the first carries the signature. */
function callsOf(calls: ToolCall[], model: string): Part[] {
  const signatures = calls.map((call) => wantedBack(call, 'google', model))
  const bare = WANTS_SIGNATURES.test(model) && signatures.every((signature) => signature === undefined)
  return calls.map((call, i) => {
    const thoughtSignature = bare && i === 0 ? NO_SIGNATURE : signatures[i]
    const functionCall = { ...idFor(call.id), name: call.name, args: inputOf(call) }
    return { functionCall, ...(thoughtSignature === undefined ? {} : { thoughtSignature }) }
  })
}

function response({ call, name, content, failed }: ToolResult): Part {
  return { functionResponse: { ...idFor(call), name, response: failed ? { error: content } : { output: content } } }
}

function idFor(id: string): { id?: string } {
  return isOwnId(id) ? {} : { id }
}

function declaration({ name, description, zod }: Tool) {
  return { name, description, parametersJsonSchema: structureOf(zod) }
}
