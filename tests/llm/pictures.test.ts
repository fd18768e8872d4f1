import { expect, test } from 'bun:test'
import { anthropicProvider } from '../../src/llm/anthropic.ts'
import { requestBytes } from '../../src/llm/cost.ts'
import { googleProvider } from '../../src/llm/google.ts'
import { ollamaProvider } from '../../src/llm/ollama.ts'
import { openaiProvider } from '../../src/llm/openai.ts'
import type { ModelRequest, Picture } from '../../src/llm/provider.ts'
import { withSight } from '../../src/llm/with-sight.ts'
import { sample } from '../support/media.ts'
import { modelServer, says as saysClaude } from '../support/model-server.ts'
import { geminiWire } from '../vendors/gemini.ts'
import { says } from '../vendors/misbehaviours.ts'
import { ollamaWire } from '../vendors/ollama.ts'
import { openaiWire } from '../vendors/openai.ts'
import { vendorServer } from '../vendors/wire.ts'
import { collect, QUESTION } from './asking.ts'
import { playing } from './scripted-streams.ts'

const picture = (media: Picture['media'], name: 'png' | 'jpeg' | 'webp'): Picture => ({
  media,
  base64: Buffer.from(sample(name)).toString('base64'),
})
const [PNG, JPEG, WEBP] = [picture('image/png', 'png'), picture('image/jpeg', 'jpeg'), picture('image/webp', 'webp')]
const seeing = (...pictures: Picture[]) => ({ role: 'user' as const, content: 'What is on it?', pictures })
const asking = (model: string, ...pictures: Picture[]): ModelRequest => ({
  ...QUESTION,
  model,
  messages: [seeing(...pictures)],
})

test('Claude is shown pictures before the words, and caches both', async () => {
  await using server = modelServer(saysClaude('Bread.'))
  const provider = anthropicProvider({ apiKey: 'k', baseUrl: server.url })
  await collect(provider, { ...asking('claude-sonnet-5-5', PNG), task: { kind: 'chat', brief: 'x' } })
  expect(server.calls[0]!.body.messages as unknown).toEqual([
    {
      role: 'user',
      content: [
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG.base64 } },
        { type: 'text', text: 'What is on it?', cache_control: { type: 'ephemeral' } },
      ],
    },
  ])
})

test('GPT is shown pictures as data in addresses', async () => {
  await using server = vendorServer(openaiWire, says('Bread.'))
  await collect(openaiProvider({ apiKey: 'k', baseUrl: server.url }), asking('gpt-6.2-sol', JPEG))
  expect((server.asked[0]!.body as { messages: unknown[] }).messages[1]).toEqual({
    role: 'user',
    content: [
      { type: 'text', text: 'What is on it?' },
      { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${JPEG.base64}` } },
    ],
  })
})

test('Gemini is shown pictures as data in parts', async () => {
  await using server = vendorServer(geminiWire, says('Bread.'))
  await collect(googleProvider({ apiKey: 'k', baseUrl: server.url }), asking('gemini-3.8-flash', PNG, WEBP))
  expect((server.asked[0]!.body as { contents: unknown[] }).contents).toEqual([
    {
      role: 'user',
      parts: [
        { inlineData: { mimeType: 'image/png', data: PNG.base64 } },
        { inlineData: { mimeType: 'image/webp', data: WEBP.base64 } },
        { text: 'What is on it?' },
      ],
    },
  ])
})

test('Ollama is shown pictures beside the words', async () => {
  await using server = vendorServer(ollamaWire(), says('Bread.'))
  await collect(ollamaProvider({ baseUrl: server.url, models: ['llava'] }), asking('llava', PNG))
  expect((server.asked[0]!.body as { messages: unknown[] }).messages[1]).toEqual({
    role: 'user',
    content: 'What is on it?',
    images: [PNG.base64],
  })
})

test('a model that can’t see is told that there was a picture; one that sees gets those that its vendor takes', async () => {
  const told = async (name: string, vision: boolean, ...pictures: Picture[]) => {
    const provider = playing(name, ['ok'])
    const abilities = { tools: true, schema: true, vision }
    await collect(
      withSight(() => ({ abilities }), provider),
      asking('m', ...pictures),
    )
    return provider.asked[0]!.messages[0]
  }
  const blind = await told('anthropic', false, PNG, JPEG)
  expect(blind).not.toHaveProperty('pictures')
  expect(blind!).toMatchObject({
    content: expect.stringMatching(/^What is on it\?\n\n\(Hearth’s note: 2 pictures that are/),
  })
  expect(await told('anthropic', true, PNG, WEBP)).toEqual(seeing(PNG, WEBP))
  expect(await told('ollama', true, PNG, WEBP)).toMatchObject({
    pictures: [PNG],
    content: expect.stringMatching(/a picture that is/),
  })
})

test('a picture counts in what a request will take, by what vendors say of its tokens and not by its bytes', () => {
  const [without, withOne] = [requestBytes(asking('m')), requestBytes(asking('m', PNG))]
  expect(withOne - without).toBe(1_600 * 3)
})
