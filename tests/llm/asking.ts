import { expect } from 'bun:test'
import type { Chunk, Message, ModelRequest, Provider, ToolCall } from '../../src/llm/provider.ts'

/** A question in all its parts; the brief is for Hearth alone. */
export const QUESTION: Omit<ModelRequest, 'model'> = {
  system: 'You write files.',
  context: 'The plan.',
  messages: [{ role: 'user', content: 'Write it.' }],
  maxOutputTokens: 1000,
  task: { kind: 'plan', brief: 'not for the vendor' },
}

/** All that a provider's stream gives for one request. */
export function collect(provider: Provider, request: ModelRequest): Promise<Chunk[]> {
  return Array.fromAsync(provider.stream(request, new AbortController().signal))
}

export function textOf(chunks: Chunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('')
}

export function callsIn(chunks: Chunk[]): ToolCall[] {
  return chunks.flatMap((chunk) => (chunk.type === 'call' ? [chunk.call] : []))
}

/** The turns of `request`, then one in which the model made these calls, and their results. */
export function withResults({ messages }: ModelRequest, calls: ToolCall[]): Message[] {
  const results = calls.map(({ id, name }) => ({ call: id, name, content: 'done' }))
  return [...messages, { role: 'assistant', content: '', calls }, { role: 'tool', results }]
}

/** What `work` fails with. */
export function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
}
