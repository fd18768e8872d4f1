import { COUNTED, type Frames, type Wire, type WireFinish } from './wire.ts'

const FINISH: Record<WireFinish, string> = {
  stop: 'stop',
  length: 'length',
  refusal: 'content_filter',
  tools: 'tool_calls',
}

/** What OpenAI says with a status: the type and code of its error bodies. */
const ERRORS: Record<number, [type: string, code: string | null]> = {
  400: ['invalid_request_error', null],
  401: ['invalid_request_error', 'invalid_api_key'],
  404: ['invalid_request_error', 'model_not_found'],
  429: ['requests', 'rate_limit_exceeded'],
  500: ['server_error', null],
}

/**
 * Chat Completions, streamed: one `data:` line of JSON a frame, `[DONE]` at the end; the usage in a frame of its own without
 * choices, when `stream_options.include_usage` asks for it.
 */
export const openaiWire: Wire = {
  name: 'openai',
  contentType: 'text/event-stream; charset=utf-8',
  asks: ({ method, path, body }) => method === 'POST' && path.endsWith('/chat/completions') && body?.stream === true,
  frames: ({ body }) => chatFrames(body.model, body.stream_options?.include_usage === true),
  failure: (status, message) => {
    const [type, code] = ERRORS[status] ?? ['api_error', null]
    return { error: { message, type, param: null, code } }
  },
  other: ({ method, path }) =>
    method === 'GET' && path.endsWith('/models')
      ? { object: 'list', data: [{ id: 'local-model', object: 'model', created: 1, owned_by: 'somebody' }] }
      : undefined,
}

function chatFrames(model: string, withUsage: boolean): Frames {
  let calls = 0
  const frame = (data: object) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, ...data })}\n\n`
  const delta = (change: object, reason: string | null = null) =>
    frame({ choices: [{ index: 0, delta: change, logprobs: null, finish_reason: reason }] })

  return {
    open: () => delta({ role: 'assistant', content: '', refusal: null }),
    text: (content) => delta({ content }),
    thinking: (text) => delta({ reasoning_content: text }),
    call({ id, name, input }) {
      const index = calls++
      const middle = Math.floor(input.length / 2)
      return [
        delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
        delta({ tool_calls: [{ index, function: { arguments: input.slice(0, middle) } }] }),
        delta({ tool_calls: [{ index, function: { arguments: input.slice(middle) } }] }),
      ]
    },
    finish(reason) {
      const usage = {
        prompt_tokens: COUNTED.input,
        completion_tokens: COUNTED.output,
        total_tokens: COUNTED.input + COUNTED.output,
        prompt_tokens_details: { cached_tokens: COUNTED.cached },
      }
      return `${delta({}, FINISH[reason])}${withUsage ? frame({ choices: [], usage }) : ''}data: [DONE]\n\n`
    },
    ping: () => ': keep-alive\n\n',
    broken: () => 'data: {"id":"chatcmpl-1","choices":[{"delta":{"content":\n\n',
    error: (message) => `data: ${JSON.stringify({ error: { message, type: 'server_error', code: 'overloaded' } })}\n\n`,
  }
}
