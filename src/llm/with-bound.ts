import { answerTooLong } from './answer-too-long.ts'
import type { Chunk, ModelRequest, Provider } from './provider.ts'

/** Most of one answer, whatever it is for: text and the input of tool calls. Files and JSON have less. */
const ANSWER_BYTES_AT_MOST = 4 * 1024 * 1024

/** The same provider, stopped with `model_answer_too_long` when it goes on beyond all use: nobody has to hold 10 MB of a line. */
export function withBound(provider: Provider): Provider {
  return { ...provider, stream: (request, signal) => bounded(provider, request, signal) }
}

async function* bounded(provider: Provider, request: ModelRequest, signal: AbortSignal): AsyncGenerator<Chunk> {
  let room = ANSWER_BYTES_AT_MOST
  for await (const chunk of provider.stream(request, signal)) {
    room -= Buffer.byteLength(contentOf(chunk))
    if (room < 0) throw answerTooLong({ provider, model: request.model }, 'answer', ANSWER_BYTES_AT_MOST)
    yield chunk
  }
}

function contentOf(chunk: Chunk): string {
  if (chunk.type === 'text') return chunk.text
  return chunk.type === 'calling' ? chunk.delta : ''
}
