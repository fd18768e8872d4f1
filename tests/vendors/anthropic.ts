import { COUNTED, type Frames, type Wire, type WireFinish } from './wire.ts'

const STOP: Record<WireFinish, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  refusal: 'refusal',
  tools: 'tool_use',
}

/** The type of the error that comes with a status. */
const ERRORS: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
}

/**
 * Messages, streamed: server-sent events that are named like the `type` of their JSON. Each block of content has a start,
 * deltas and a stop; the reason and the last counts come in a `message_delta` before the `message_stop`.
 */
export const anthropicWire: Wire = {
  name: 'anthropic',
  contentType: 'text/event-stream; charset=utf-8',
  asks: ({ method, path, body }) => method === 'POST' && path.endsWith('/v1/messages') && body?.stream === true,
  frames: ({ body }) => messageFrames(body.model),
  failure: (status, message) => ({ type: 'error', error: { type: ERRORS[status] ?? 'api_error', message } }),
  other: ({ path }) => (path.endsWith('/v1/messages/count_tokens') ? { input_tokens: COUNTED.input } : undefined),
}

function messageFrames(model: string): Frames {
  let index = -1
  let open: 'text' | 'thinking' | undefined
  const event = (type: string, data: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
  const delta = (change: object) => event('content_block_delta', { index, delta: change })
  const start = (block: object) => event('content_block_start', { index: ++index, content_block: block })

  const stopBlock = () => {
    const signature = open === 'thinking' ? delta({ type: 'signature_delta', signature: 'c2lnbmF0dXJl' }) : ''
    const stopped = open ? signature + event('content_block_stop', { index }) : ''
    open = undefined
    return stopped
  }
  const inBlock = (kind: 'text' | 'thinking', block: object) => {
    if (open === kind) return ''
    const stopped = stopBlock()
    open = kind
    return stopped + start(block)
  }

  return {
    open: () =>
      event('message_start', {
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: COUNTED.input - COUNTED.cached,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: COUNTED.cached,
            output_tokens: 1,
          },
        },
      }) + event('ping'),
    text: (text) => inBlock('text', { type: 'text', text: '' }) + delta({ type: 'text_delta', text }),
    thinking: (thinking) =>
      inBlock('thinking', { type: 'thinking', thinking: '', signature: '' }) +
      delta({ type: 'thinking_delta', thinking }),
    call({ id, name, input }) {
      const middle = Math.floor(input.length / 2)
      return [
        stopBlock() + start({ type: 'tool_use', id, name, input: {} }),
        delta({ type: 'input_json_delta', partial_json: '' }),
        delta({ type: 'input_json_delta', partial_json: input.slice(0, middle) }),
        delta({ type: 'input_json_delta', partial_json: input.slice(middle) }),
        event('content_block_stop', { index }),
      ]
    },
    finish: (reason) =>
      stopBlock() +
      event('message_delta', {
        delta: { stop_reason: STOP[reason], stop_sequence: null },
        usage: { output_tokens: COUNTED.output },
      }) +
      event('message_stop'),
    ping: () => event('ping'),
    broken: () => 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"text":\n\n',
    error: (message) => event('error', { error: { type: 'overloaded_error', message } }),
  }
}
