import { expect } from 'bun:test'
import { compatibleProvider } from '../../src/llm/compatible.ts'
import { openaiProvider } from '../../src/llm/openai.ts'
import type { Chunk, ModelRequest, Provider } from '../../src/llm/provider.ts'
import { xaiProvider } from '../../src/llm/xai.ts'
import { openaiWire } from '../vendors/openai.ts'
import { type Script, type VendorServer, vendorServer } from '../vendors/wire.ts'

export const KEY = 'sk-proj-very-secret-0123456789'
export const REQUEST: ModelRequest = {
  model: 'gpt-6.2-sol',
  system: 'You write files.',
  context: 'The plan.',
  messages: [{ role: 'user', content: 'Write it.' }],
  maxOutputTokens: 1000,
  task: { kind: 'plan', brief: 'not for the vendor' },
}

export const open = ({ url }: VendorServer) => openaiProvider({ apiKey: KEY, baseUrl: url })
export const openXai = ({ url }: VendorServer) => xaiProvider({ apiKey: KEY, baseUrl: `${url}/v1/` })
export const openLocal = ({ url }: VendorServer) =>
  compatibleProvider({ name: 'local', label: 'My server', baseUrl: url, models: ['m'], defaultModel: 'm' })

export async function ask(script: Script, request = REQUEST, to: (server: VendorServer) => Provider = open) {
  await using server = vendorServer(openaiWire, script)
  return { chunks: await collect(to(server), request), server }
}

export async function fail(script: Script, to: (server: VendorServer) => Provider = open, request = REQUEST) {
  await using server = vendorServer(openaiWire, script)
  return { error: await failureOf(collect(to(server), request)), server }
}

export function collect(provider: Provider, request = REQUEST): Promise<Chunk[]> {
  return Array.fromAsync(provider.stream(request, new AbortController().signal))
}

/** Chunks as a server sends them that is not OpenAI's. */
export function raw(...chunks: object[]): Script {
  return (reply) => {
    for (const chunk of chunks) reply.send(`data: ${JSON.stringify(chunk)}\n\n`)
    reply.close()
  }
}

export function textOf(chunks: Chunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('')
}

export function callsIn(chunks: Chunk[]) {
  return chunks.flatMap((chunk) => (chunk.type === 'call' ? [chunk.call] : []))
}

export function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
}
