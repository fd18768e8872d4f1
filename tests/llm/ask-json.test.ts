import { expect, test } from 'bun:test'
import { z } from 'zod'
import { anthropicProvider } from '../../src/llm/anthropic.ts'
import { askJson } from '../../src/llm/ask-json.ts'
import { breaks, modelServer, type Script, says } from '../support/model-server.ts'

const SCHEMA = {
  name: 'plan',
  zod: z.object({ title: z.string().max(10), tasks: z.array(z.object({ id: z.string() })) }),
}
const PLAN = { title: 'Bakery', tasks: [{ id: 'a' }, { id: 'b' }] }

test('an answer of the right shape comes back as a value, and its text as it streams', async () => {
  const { answer, shown } = await ask(says(JSON.stringify(PLAN), { size: 4 }))
  expect(answer.value).toEqual(PLAN)
  expect(shown).toBe(JSON.stringify(PLAN))
  expect(answer).toMatchObject({ provider: 'anthropic', model: 'claude-sonnet-5-5', usage: { outputTokens: 42 } })
})

test('JSON between fences and words is JSON', async () => {
  const { answer } = await ask(says(`Here it is:\n\`\`\`json\n${JSON.stringify(PLAN)}\n\`\`\`\nEnjoy.`))
  expect(answer.value).toEqual(PLAN)
})

const bad: [string, Script, string, string][] = [
  ['half a plan at the token limit', says('{"title": "Bak', { reason: 'max_tokens' }), 'cut_off', 'length'],
  ['a whole plan without a finish', breaks(JSON.stringify(PLAN), (r) => r.close()), 'cut_off', 'connection closed'],
  ['half a plan that claims to be whole', says('{"title": "Bak'), 'not_json', ''],
  ['words', says('I would rather not plan.'), 'not_json', ''],
  ['nothing', says(''), 'not_json', ''],
  ['another shape', says('{"title": "much too long a title", "tasks": [{}]}'), 'wrong_shape', 'tasks[0].id'],
]
test.each(bad)('%s is model_answer_invalid, with what is wrong', async (_name, script, reason, issue) => {
  const error = await ask(script).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'model_answer_invalid', retryable: true, context: { reason } })
  expect((error as { context: { issues: string[] } }).context.issues.join('\n')).toContain(issue)
})

test('of a long answer that can’t be used the last 2 KB are kept', async () => {
  const error = await ask(says(`{"title": "${'x'.repeat(5000)}END`, { size: 500 })).catch((error: unknown) => error)
  const { received, bytes } = (error as { context: { received: string; bytes: number } }).context
  expect(received).toHaveLength(2048)
  expect(received).toEndWith('xEND')
  expect(bytes).toBe(5014)
})

test('a refusal is model_refused', async () => {
  await expect(ask(says('', { reason: 'refusal' }))).rejects.toMatchObject({ code: 'model_refused', retryable: false })
})

test('a connection that closes before any answer is model_unavailable: there is nothing to be shown to the model', async () => {
  const error = await ask(breaks('', (r) => r.close())).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'model_unavailable', retryable: true })
})

async function ask(script: Script) {
  await using server = modelServer(script)
  let shown = ''
  const answer = await askJson(
    {
      chain: [{ provider: anthropicProvider({ apiKey: 'sk-test', baseUrl: server.url }), model: 'claude-sonnet-5-5' }],
    },
    {
      system: 'You plan.',
      messages: [{ role: 'user', content: 'A bakery.' }],
      maxOutputTokens: 1000,
      task: { kind: 'plan', brief: 'A bakery.' },
    },
    SCHEMA,
    {
      onText(delta) {
        shown += delta
      },
    },
    new AbortController().signal,
  )
  return { answer, shown }
}
