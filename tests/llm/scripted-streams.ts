import { DomainError, type DomainErrorOptions } from '../../src/errors.ts'
import type { Chunk, ModelRequest, Provider } from '../../src/llm/provider.ts'

/** One answer: chunks in order (a string is text), ended by an error that is thrown, or as the connection ends. */
export type Played = (Chunk | string | Error)[]

export interface PlayedProvider extends Provider {
  asked: ModelRequest[]
}

/** Where it makes no difference what is asked. */
export const ANY_REQUEST: ModelRequest = {
  model: 'm',
  system: '',
  messages: [{ role: 'user', content: 'x' }],
  maxOutputTokens: 1,
  task: { kind: 'plan', brief: 'x' },
}

export const DONE: Chunk = { type: 'finish', reason: 'stop' }

/** A provider whose nth call plays the nth answer, later ones the last. */
export function playing(name: string, ...answers: (Played | ((request: ModelRequest) => Played))[]): PlayedProvider {
  const asked: ModelRequest[] = []
  return {
    name,
    label: name[0]!.toUpperCase() + name.slice(1),
    demo: false,
    defaultModel: `${name}-1`,
    models: [`${name}-1`],
    takes: () => true,
    asked,
    async *stream(request, signal) {
      const answer = answers[Math.min(asked.length, answers.length - 1)]!
      asked.push(request)
      for (const piece of typeof answer === 'function' ? answer(request) : answer) {
        signal.throwIfAborted()
        if (piece instanceof Error) throw piece
        yield typeof piece === 'string' ? { type: 'text', text: piece } : piece
      }
    },
  }
}

/** A failure of a vendor. */
export function failure(code: string, options: DomainErrorOptions = {}): DomainError {
  return new DomainError(code, `${code}.`, { retryable: true, ...options })
}
