import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { askJson } from '../../src/llm/ask-json.ts'
import { compatibleProvider } from '../../src/llm/compatible.ts'
import type { Chunk, ModelRequest } from '../../src/llm/provider.ts'
import { listModels } from '../../src/llm/setup/list-models.ts'
import { writeFile } from '../../src/llm/write-file.ts'
import { LLAMA_SERVER, type LlamaServer, startLlama } from './llama-cpp.ts'

const KEY = 'sk-local-0123456789'
const REQUEST: ModelRequest = {
  model: 'tiny',
  system: 'You write.',
  context: 'The plan.',
  messages: [{ role: 'user', content: 'Write it.' }],
  maxOutputTokens: 24,
  task: { kind: 'plan', brief: 'x' },
}

/** Without the program there is nothing to test: name one with `LLAMA_SERVER`, or put `llama-server` on the PATH. */
describe.skipIf(!LLAMA_SERVER)('llama.cpp’s own server', () => {
  let server: LlamaServer
  beforeAll(async () => {
    server = await startLlama({ apiKey: KEY })
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose]())

  const open = (apiKey = KEY) =>
    compatibleProvider({ name: 'local', label: 'Llama', apiKey, baseUrl: server.url, models: [], defaultModel: 'tiny' })
  const collect = (request = REQUEST, apiKey = KEY) =>
    Array.fromAsync(open(apiKey).stream(request, new AbortController().signal))

  test('lists its model', async () => {
    const at = {
      kind: 'compatible' as const,
      label: 'Llama',
      apiKey: KEY,
      scheme: 'bearer' as const,
      baseUrl: server.url,
    }
    expect(await listModels(at, 5_000)).toMatchObject({ ok: true, models: ['tiny'] })
  })

  test('streams text, says that its limit was reached, and counts', async () => {
    const chunks = await collect()
    expect(textOf(chunks).length).toBeGreaterThan(0)
    expect(chunks.filter(({ type }) => type === 'text').length).toBeGreaterThan(5)
    expect(chunks).toContainEqual({ type: 'finish', reason: 'length' })
    const usage = chunks.findLast((chunk) => chunk.type === 'usage')!
    expect(usage.outputTokens).toBe(24)
    expect(usage.inputTokens).toBeGreaterThan(20)
  })

  test('says how much of a repeated prompt its cache gave', async () => {
    await collect()
    const again = (await collect()).findLast((chunk) => chunk.type === 'usage')
    expect(again!.cachedTokens).toBeGreaterThan(0)
  })

  test('keeps to a schema, even with weights that know no word', async () => {
    const zod = z.object({ colour: z.enum(['red', 'green']), whole: z.boolean() })
    const { maxOutputTokens: _, model, ...ask } = REQUEST
    const chain = [{ provider: open(), model }]
    const schema = { name: 'answer', zod }
    const answer = await askJson({ chain }, { ...ask, maxOutputTokens: 200 }, schema, {}, new AbortController().signal)
    expect(zod.parse(answer.value)).toEqual(answer.value)
  })

  test('that never comes to the end line of a file has written none: the error says so', async () => {
    const { model, ...ask } = { ...REQUEST, task: { kind: 'write' as const, brief: 'x', path: 'a.md' } }
    const hooks = { onText: () => {}, onRestart: () => {} }
    const deps = { chain: [{ provider: open(), model }], newId: () => 'abcdefgh' }
    const error = await failureOf(writeFile(deps, ask, hooks, new AbortController().signal))
    expect(error).toMatchObject({ code: 'model_cut_off', retryable: true })
  })

  test('refuses a prompt that is longer than its window: the error says so', async () => {
    const long = { ...REQUEST, messages: [{ role: 'user' as const, content: 'Write it. '.repeat(300) }] }
    const error = await failureOf(collect(long))
    expect(error).toMatchObject({ code: 'model_bad_request', message: expect.stringContaining('longer') })
  })

  test('refuses another key: the error asks for the right one', async () => {
    const error = await failureOf(collect(REQUEST, 'sk-wrong-9876543210'))
    expect(error).toMatchObject({ code: 'model_auth', message: expect.stringContaining('Llama') })
  })

  test('is left alone when nobody wants the answer any more', async () => {
    const abort = new AbortController()
    const reading = (async () => {
      for await (const chunk of open().stream({ ...REQUEST, maxOutputTokens: 400 }, abort.signal))
        if (chunk.type === 'text') abort.abort(new Error('cancelled'))
    })()
    await expect(reading).rejects.toThrow('cancelled')
    expect(await collect()).toContainEqual({ type: 'finish', reason: 'length' }) // it is free for the next
  })
})

function textOf(chunks: Chunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('')
}

function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
}
