import { expect, test } from 'bun:test'
import { factsOf } from '../../src/llm/model-table.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { withinLimits } from '../../src/llm/within-limits.ts'
import { DONE, playing } from './scripted-streams.ts'

const request = (prompt: string, maxOutputTokens: number): ModelRequest => ({
  model: 'm',
  system: '',
  messages: [{ role: 'user', content: prompt }],
  maxOutputTokens,
  task: { kind: 'plan', brief: 'b' },
})

async function asked(prompt: string, wanted: number, facts: { context: number; output: number }): Promise<number> {
  const provider = playing('far', [DONE])
  const stream = withinLimits(() => facts, provider).stream(request(prompt, wanted), new AbortController().signal)
  for await (const _ of stream);
  return provider.asked[0]!.maxOutputTokens
}

test('a model is asked for no longer answer than it can give', async () => {
  expect(await asked('x', 32_000, { context: 128_000, output: 16_384 })).toBe(16_384)
  expect(await asked('x', 4_000, { context: 128_000, output: 16_384 })).toBe(4_000)
})

test('nor for one that its window can’t hold beside the prompt', async () => {
  expect(await asked('x'.repeat(29_998), 8_000, { context: 16_000, output: 8_192 })).toBe(6_000)
})

test('a prompt that fills the window is left for the vendor to refuse', async () => {
  expect(await asked('x'.repeat(90_000), 8_000, { context: 16_000, output: 8_192 })).toBe(1_024)
})

test('what is known of a model decides, and for an unknown one what its vendor’s usually can', async () => {
  for (const model of ['gpt-4o-mini', 'some-model-of-next-year']) {
    const provider = playing('openai', [DONE])
    const limited = withinLimits(factsOf, provider)
    for await (const _ of limited.stream({ ...request('x', 1e9), model }, new AbortController().signal));
    expect(provider.asked[0]!.maxOutputTokens).toBe(factsOf('openai', model).output)
  }
})
