import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { openaiProvider } from '../../src/llm/openai.ts'
import { xaiProvider } from '../../src/llm/xai.ts'
import { says } from '../vendors/misbehaviours.ts'
import { ask, KEY, openLocal, REQUEST, textOf } from './chat-questions.ts'

test('ids that are newer than the list can be asked for, those of others not', () => {
  const provider = openaiProvider({ apiKey: KEY, baseUrl: 'https://api.openai.com/v1' })
  const taken = ['gpt-7', 'o5-mini', 'ft:gpt-6:me::1', 'chatgpt-next', 'grok-9', 'claude-9', 'llama3', 'gpt-7 x']
  expect(taken.filter(provider.takes)).toEqual(['gpt-7', 'o5-mini', 'ft:gpt-6:me::1', 'chatgpt-next'])
  expect(provider.takes(provider.defaultModel)).toBe(true)
  const xai = xaiProvider({ apiKey: KEY, baseUrl: 'https://api.x.ai/v1' })
  expect(['grok-9', 'gpt-7', ...xai.models].filter(xai.takes)).toEqual(['grok-9', ...xai.models])
})

describe('thinking that a server leaves in the text', () => {
  const answers: [string, string, string][] = [
    ['before the answer', '\n<think>Hm, <b>, </thin.</think>Yes.', 'Yes.'],
    ['that is empty', '<think></think>\nYes.', '\nYes.'],
    ['that never ends', '<think>Hm', ''],
    ['in the middle, where it is the answer’s own', 'A tag: <think>Hm</think>.', 'A tag: <think>Hm</think>.'],
    ['that only seems to begin', '<thin', '<thin'],
  ]
  test.each(answers)('%s', async (_where, said, text) => {
    for (const size of [1, 3, 100]) {
      const { chunks } = await ask(says(said, { size }))
      expect(textOf(chunks)).toBe(text)
      expect(chunks.some(({ type }) => type === 'thinking')).toBe(/^\s*<think>/.test(said))
      expect(chunks.some((chunk) => chunk.type === 'text' && chunk.text === '')).toBe(false)
    }
  })
})

test('a server that may make a grammar of a shape gets its structure alone, OpenAI all of it', async () => {
  const zod = z.object({ tasks: z.array(z.string().max(600)).max(200) })
  const tools = [{ name: 'list', description: 'Lists.', zod }]
  const request = { ...REQUEST, schema: { name: 'plan', zod }, tools }
  const local = JSON.stringify((await ask(says('{}'), { ...request, model: 'm' }, openLocal)).server.asked[0]!.body)
  expect(local).toContain('"json_schema"')
  expect(local).not.toMatch(/maxItems|maxLength/)
  const openai = JSON.stringify((await ask(says('{}'), request)).server.asked[0]!.body)
  expect(openai.match(/maxItems/g)).toHaveLength(2)
})
