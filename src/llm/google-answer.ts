import { ownIds } from './own-ids.ts'
import type { Chunk, FinishReason, ModelRequest, ToolCall, Usage } from './provider.ts'
import { signed } from './signatures.ts'

/** What Hearth reads of each response of a stream. */
export interface VendorResponse {
  candidates?: { content?: { parts?: VendorPart[] }; finishReason?: string }[]
  promptFeedback?: { blockReason?: string }
  usageMetadata?: VendorUsage
}

interface VendorPart {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  functionCall?: { id?: string; name?: string; args?: Record<string, unknown> }
}

interface VendorUsage {
  promptTokenCount?: number
  toolUsePromptTokenCount?: number
  cachedContentTokenCount?: number
  candidatesTokenCount?: number
  thoughtsTokenCount?: number
}

/** A reader of one stream: what each response adds to the answer. */
export function responseReader({ model, messages }: Pick<ModelRequest, 'model' | 'messages'>) {
  const newId = ownIds(messages)
  let calls = 0

  return function* read({ candidates, promptFeedback, usageMetadata }: VendorResponse): Generator<Chunk> {
    const [candidate] = candidates ?? []
    for (const { text, thought, functionCall, thoughtSignature } of candidate?.content?.parts ?? []) {
      if (thought) yield { type: 'thinking' }
      else if (text) yield { type: 'text', text }
      if (!functionCall) continue
      calls++
      yield { type: 'call', call: callOf(functionCall, newId, thoughtSignature, model) }
    }
    if (usageMetadata) yield { type: 'usage', ...usageOf(usageMetadata) }
    if (candidate?.finishReason) yield { type: 'finish', reason: finishOf(candidate.finishReason, calls > 0) }
    else if (!candidate && promptFeedback?.blockReason) yield { type: 'finish', reason: 'refusal' }
  }
}

function callOf(
  { id, name = '', args = {} }: NonNullable<VendorPart['functionCall']>,
  newId: () => string,
  thoughtSignature: string | undefined,
  model: string,
): ToolCall {
  const call = { id: id || newId(), name, input: JSON.stringify(args) }
  return thoughtSignature ? { ...call, signature: signed('google', model, thoughtSignature) } : call
}

/** The vendor counts what its cache gave in the prompt, and thinking beside the answer. */
function usageOf(said: VendorUsage): Usage {
  return {
    inputTokens: (said.promptTokenCount ?? 0) + (said.toolUsePromptTokenCount ?? 0),
    outputTokens: (said.candidatesTokenCount ?? 0) + (said.thoughtsTokenCount ?? 0),
    cachedTokens: said.cachedContentTokenCount ?? 0,
  }
}

/** `CONTINUATION` is a cut by the vendor's own deadline; all that is not here is `other`. */
const FINISH = new Map<string, FinishReason>(
  Object.entries({
    STOP: 'stop',
    MAX_TOKENS: 'length',
    CONTINUATION: 'length',
    SAFETY: 'refusal',
    RECITATION: 'refusal',
    BLOCKLIST: 'refusal',
    PROHIBITED_CONTENT: 'refusal',
    SPII: 'refusal',
  } as const),
)

function finishOf(reason: string, hasCalls: boolean): FinishReason {
  return reason === 'STOP' && hasCalls ? 'tools' : (FINISH.get(reason) ?? 'other')
}
