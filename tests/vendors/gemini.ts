import { COUNTED, type Frames, type Wire, type WireCall, type WireFinish } from './wire.ts'

const FINISH: Record<WireFinish, string> = { stop: 'STOP', length: 'MAX_TOKENS', refusal: 'SAFETY', tools: 'STOP' }
const THOUGHTS = 2 // tokens of COUNTED.output

/** The canonical code that comes with a status. */
const CODES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/**
 * `streamGenerateContent?alt=sse`: each event is a response with what is new; the last one has the reason. Calls come whole,
 * their arguments as an object: one whose arguments can't be read ends the answer with `MALFORMED_FUNCTION_CALL`. The
 * counts come with each response, so far as they are known.
 */
export const geminiWire: Wire = {
  name: 'google',
  contentType: 'text/event-stream',
  asks: ({ method, path }) => method === 'POST' && path.includes(':streamGenerateContent?alt=sse'),
  frames: ({ path }) => responseFrames(/models\/([^:]+):/.exec(path)?.[1] ?? ''),
  failure: (status, message) => ({ error: { code: status, message, status: CODES[status] ?? 'UNKNOWN' } }),
  other: ({ path }) => (path.includes(':countTokens') ? { totalTokens: COUNTED.input } : undefined),
}

function responseFrames(modelVersion: string): Frames {
  let malformed = false
  const frame = (data: object, counts: object = {}) => {
    const usageMetadata = {
      promptTokenCount: COUNTED.input,
      cachedContentTokenCount: COUNTED.cached,
      totalTokenCount: COUNTED.input,
      ...counts,
    }
    return `data: ${JSON.stringify({ ...data, usageMetadata, modelVersion, responseId: 'response-1' })}\r\n\r\n`
  }
  const part = (content: object) => frame({ candidates: [{ content: { parts: [content], role: 'model' }, index: 0 }] })
  const end = (finishReason: string) =>
    frame(
      { candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason, index: 0 }] },
      {
        candidatesTokenCount: COUNTED.output - THOUGHTS,
        thoughtsTokenCount: THOUGHTS,
        totalTokenCount: COUNTED.input + COUNTED.output,
      },
    )

  return {
    open: () => '',
    text: (text) => part({ text }),
    thinking: (text) => part({ text, thought: true }),
    call(call) {
      const args = argumentsOf(call)
      malformed ||= args === undefined
      if (!args) return []
      const { id, name } = call
      return [part({ functionCall: { id, name, args }, thoughtSignature: 'c2lnbmF0dXJl' })]
    },
    finish: (reason) => end(malformed ? 'MALFORMED_FUNCTION_CALL' : FINISH[reason]),
    ping: () => '', // it has none
    broken: () => 'data: {"candidates": [{"content": {"parts": [{"text":\r\n\r\n',
    error: (message) => `data: ${JSON.stringify({ error: { code: 503, message, status: 'UNAVAILABLE' } })}\r\n\r\n`,
  }
}

function argumentsOf({ input }: WireCall): object | undefined {
  try {
    return JSON.parse(input)
  } catch {
    return undefined
  }
}
