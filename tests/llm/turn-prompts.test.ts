import { test } from 'bun:test'
import { z } from 'zod'
import type { Chunk, ModelRequest, Tool } from '../../src/llm/provider.ts'
import { readCall } from '../../src/llm/tool-calls.ts'
import { toolLoop } from '../../src/llm/tool-loop.ts'
import { expectGolden, expectTold } from '../support/golden.ts'
import { scriptedModel } from '../support/scripted-model.ts'

const GIVEN: Record<string, object> = {
  'turn-cut': { lines: '1| The first line.\n2| The second “line” <b>.', last: 2 },
  'turn-too-long': {},
}

test('what the loop tells a model of calls that it can’t run, or leaves out, is this, to the letter', async () => {
  const tools: Tool[] = [
    { name: 'look', description: 'Looks.', zod: z.object({ at: z.string() }) },
    { name: 'count', description: 'Counts.', zod: z.object({ to: z.number() }) },
  ]
  const failures = [
    { name: 'leap', input: '{}' },
    { name: 'look', input: '{"at": "x' },
    { name: 'look', input: '{"at": 3}' },
    { name: 'count', input: '[1]' },
  ].map((call) => (readCall(tools, { id: 'a', ...call }) as { failed: string }).failed)
  const same = (id: string) => [call(id, 'look', '{"at":"x"}'), FINISH]
  const stuck = await looped(tools, [same('a'), same('b'), same('c')], 'Dark.')
  const long = await looped(
    tools,
    [same('a'), [call('b', 'count', '{"to":1}'), FINISH], [SAID, STOP]],
    'Dark. '.repeat(10_001),
    100,
  )
  const cut = long.rounds[0]!.results[0]!.content.slice(-40)
  const older = (long.asked[2]!.messages[2] as { results: { content: string }[] }).results[0]!.content.slice(190)
  const told = [...failures, stuck.rounds[2]!.results[0]!.content, cut, older]
  expectTold(import.meta.dir, 'loop-told.txt', told.join('\n\n'))
})

const FINISH: Chunk = { type: 'finish', reason: 'tools' }
const STOP: Chunk = { type: 'finish', reason: 'stop' }
const SAID: Chunk = { type: 'text', text: 'Done.' }

function call(id: string, name: string, input: string): Chunk {
  return { type: 'call', call: { id, name, input } }
}

async function looped(tools: Tool[], turns: Chunk[][], content: string, room?: number) {
  const asked: ModelRequest[] = []
  const provider = {
    ...scriptedModel({}),
    async *stream(request: ModelRequest) {
      asked.push(request)
      yield* turns[asked.length - 1]!
    },
  }
  const ask = { system: '', messages: [{ role: 'user' as const, content: 'Look.' }], maxOutputTokens: 100, tools, room }
  const { rounds } = await toolLoop(
    { chain: [{ provider, model: 'scripted' }] },
    { ...ask, task: { kind: 'chat', brief: '' } },
    { onText: () => {}, onRestart: () => {}, run: async () => ({ content }) },
    new AbortController().signal,
  )
  return { asked, rounds }
}

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expectGolden(import.meta.dir, name, GIVEN[name])
})
