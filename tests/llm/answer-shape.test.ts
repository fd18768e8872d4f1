import { expect, test } from 'bun:test'
import { z } from 'zod'
import { openBreakers } from '../../src/jobs/breaker.ts'
import { around } from '../../src/llm/around.ts'
import { factsOf } from '../../src/llm/model-table.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { silent } from '../support/database.ts'
import { testEngine } from '../support/jobs.ts'
import { DONE, playing } from './scripted-streams.ts'
import { virtualClock } from './virtual-clock.ts'

const REQUEST: ModelRequest = {
  model: 'able',
  system: 'You plan.',
  context: 'The brief.',
  messages: [{ role: 'user', content: 'Plan it.' }],
  maxOutputTokens: 100,
  schema: { name: 'plan', zod: z.object({ title: z.string() }) },
  task: { kind: 'plan', brief: 'b' },
}

/** What reaches a vendor of which it is known that its model `unable` takes no shape. */
async function sent(change: Partial<ModelRequest>, request: ModelRequest = REQUEST): Promise<ModelRequest> {
  await using engine = await testEngine()
  const clock = { ...virtualClock(), random: () => 0.5 }
  const breakers = openBreakers({ ...engine, events: engine.deps.events, now: clock.now, log: silent })
  const overrides = { 'far/unable': { abilities: { schema: false } } }
  const vendor = playing('far', ['{}', DONE])
  const provider = around({ breakers, clock, factsOf: (name, model) => factsOf(name, model, overrides) }, vendor)
  for await (const _ of provider.stream({ ...request, ...change }, new AbortController().signal));
  return vendor.asked[0]!
}

test('a model that can’t be given the shape of its answer is told it in words, behind the context', async () => {
  const { schema, context, system } = await sent({ model: 'unable' })
  expect(schema).toBeUndefined()
  expect(system).toBe('You plan.')
  expect(context).toStartWith('The brief.\n\nAnswer with one JSON object')
  expect(context).toContain('"properties":{"title":{"type":"string"}}')
})

test('all others are given it as it is, and who is to answer freely is told of none', async () => {
  expect(await sent({})).toMatchObject({ schema: REQUEST.schema, context: 'The brief.' })
  const { schema: _, ...free } = REQUEST
  expect(await sent({ model: 'unable' }, free)).toMatchObject({ context: 'The brief.' })
})
