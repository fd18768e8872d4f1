import { expect, test } from 'bun:test'
import { z } from 'zod'
import { DomainError } from '../../src/errors.ts'
import { Snooze } from '../../src/jobs/handler.ts'
import type { Chunk, ModelRequest, Provider, Tool } from '../../src/llm/provider.ts'
import { type LoopHooks, type Round, toolLoop } from '../../src/llm/tool-loop.ts'

const TOOLS: Tool[] = [
  { name: 'look', description: 'Looks.', zod: z.object({ at: z.string() }) },
  { name: 'count', description: 'Counts.', zod: z.object({ to: z.number(), by: z.number().optional() }) },
]

test('a turn of words is the answer; it is shown as it comes', async () => {
  const { end, shown, asked } = await loop([[text('Hel'), text('lo.'), stop]])
  expect(end).toMatchObject({ ended: 'answered', rounds: [{ text: 'Hello.', calls: [] }] })
  expect(shown()).toBe('Hello.')
  expect(asked).toHaveLength(1)
  expect(asked[0]!.tools).toEqual(TOOLS)
})

test('calls are run in order, one after the other, and their results are given back', async () => {
  const { end, asked, ran } = await loop([
    [text('I look.'), call('a', 'look', { at: 'x' }), call('b', 'count', { to: 2 }), tools],
    [text('Done.'), stop],
  ])
  expect(end.ended).toBe('answered')
  expect(ran).toEqual([
    ['look', { at: 'x' }],
    ['count', { to: 2 }],
  ])
  expect(asked[1]!.messages.slice(1)).toEqual([
    {
      role: 'assistant',
      content: 'I look.',
      calls: [
        { id: 'a', name: 'look', input: '{"at":"x"}' },
        { id: 'b', name: 'count', input: '{"to":2}' },
      ],
    },
    {
      role: 'tool',
      results: [
        { call: 'a', name: 'look', content: 'look 1' },
        { call: 'b', name: 'count', content: 'count 2' },
      ],
    },
  ])
})

test('a turn is kept before its calls run, and each result before the next call', async () => {
  const told: string[] = []
  await loop([[call('a', 'look', { at: 'x' }), call('b', 'look', { at: 'y' }), tools], [stop]], {
    onTurn: async ({ calls }, round) => void told.push(`turn ${round} of ${calls.length}`),
    run: async ({ id }) => {
      told.push(`run ${id}`)
      return { content: id }
    },
    onResult: async ({ call }, { round, index }) => void told.push(`result ${call} ${round}.${index}`),
  })
  expect(told).toEqual(['turn 1 of 2', 'run a', 'result a 1.0', 'run b', 'result b 1.1', 'turn 2 of 0'])
})

const wrong: [string, { id: string; name: string; input: string }, RegExp][] = [
  ['broken JSON', { id: 'a', name: 'look', input: '{"at": "x' }, /not JSON .*one JSON object/],
  ['another shape', { id: 'a', name: 'look', input: '{"at": 3}' }, /don't fit: at: /],
  ['no object', { id: 'a', name: 'look', input: '[1]' }, /don't fit/],
  ['no input', { id: 'a', name: 'look', input: '' }, /don't fit: at: /],
  ['a tool that there isn’t', { id: 'a', name: 'leap', input: '{}' }, /no tool “leap”\. There are: look, count/],
]
test.each(wrong)('%s is a failed result in words, and runs nothing', async (_what, broken, says) => {
  const { end, asked, ran } = await loop([
    [{ type: 'call', call: broken }, tools],
    [text('Sorry.'), stop],
  ])
  expect(end.ended).toBe('answered')
  expect(ran).toEqual([])
  const [said, results] = asked[1]!.messages.slice(1)
  expect(said).toMatchObject({ calls: [broken] })
  expect(results).toMatchObject({
    role: 'tool',
    results: [{ call: 'a', failed: true, content: expect.stringMatching(says) }],
  })
})

test('when the answer grows beyond its room, the oldest results are left out of what is sent, and the newest stay', async () => {
  const { asked } = await loop(
    (round) => (round < 4 ? [call(`c${round}`, 'look', { at: `place ${round}` }), tools] : [stop]),
    { run: async ({ id }) => ({ content: `${id} `.repeat(300) }) },
    { room: 2_000 },
  )
  const lengths = asked[3]!.messages.flatMap((each) => (each.role === 'tool' ? [each.results[0]!.content.length] : []))
  expect(lengths[0]).toBeLessThan(400)
  expect(lengths.slice(1)).toEqual([900, 900])
})

test('a tool that refuses is told to the model, which goes on', async () => {
  const { asked } = await loop([[call('a', 'look', { at: 'x' }), tools], [stop]], {
    run: async () => ({ content: 'It is dark.', failed: true }),
  })
  expect(asked[1]!.messages.at(-1)).toEqual({
    role: 'tool',
    results: [{ call: 'a', name: 'look', content: 'It is dark.', failed: true }],
  })
})

test('the same call three times in a row ends the loop, however its arguments are ordered; the third is not run', async () => {
  const { end, ran } = await loop([
    [{ type: 'call', call: { id: 'a', name: 'count', input: '{"to":1,"by":2}' } }, tools],
    [{ type: 'call', call: { id: 'b', name: 'count', input: '{ "by": 2, "to": 1 }' } }, tools],
    [
      { type: 'call', call: { id: 'c', name: 'count', input: '{"to":1,"by":2}' } },
      call('d', 'look', { at: 'z' }),
      tools,
    ],
  ])
  expect(end.ended).toBe('no_progress')
  expect(ran).toHaveLength(2)
  expect(end.rounds[2]!.results).toMatchObject([
    { call: 'c', failed: true },
    { call: 'd', failed: true },
  ])
})

test('the same tool with the same result for ever ends the loop, whatever it is asked', async () => {
  const { end, ran } = await loop((round) => [call(`c${round}`, 'look', { at: `place ${round}` }), tools], {
    run: async () => ({ content: 'Nothing there.' }),
  })
  expect(end.ended).toBe('no_progress')
  expect(ran).toHaveLength(5)
})

test('looking in many places at once is no circle', async () => {
  const many = Array.from({ length: 8 }, (_, i) => call(`c${i}`, 'look', { at: `place ${i}` }))
  const { end } = await loop(
    [
      [...many, tools],
      [text('Nowhere.'), stop],
    ],
    {
      run: async () => ({ content: 'Nothing there.' }),
    },
  )
  expect(end.ended).toBe('answered')
})

test('two calls in turns, round and round, end the loop', async () => {
  const { end, ran } = await loop((round) => [call(`c${round}`, 'look', { at: round % 2 ? 'left' : 'right' }), tools], {
    run: async ({ input }) => ({ content: JSON.stringify(input) }),
  })
  expect(end.ended).toBe('no_progress')
  expect(ran.length).toBeLessThan(11)
})

test('after 25 rounds it ends, with all that was done', async () => {
  const { end, asked, ran } = await loop((round) => [call(`c${round}`, 'count', { to: round }), tools])
  expect(end.ended).toBe('rounds')
  expect([asked.length, ran.length, end.rounds.length]).toEqual([25, 25, 25])
})

test('calls of a turn without a finish are never run: they may be half', async () => {
  const { end, ran, asked } = await loop([
    [text('I count.\n'), call('a', 'count', { to: 1 })],
    [text('I count.\n'), call('b', 'count', { to: 2 }), tools],
    [text('Two.'), stop],
  ])
  expect(end.ended).toBe('answered')
  expect(ran).toEqual([['count', { to: 2 }]])
  expect(asked[1]!.messages.at(-1)!.role).toBe('user')
})

test('a turn that is cut goes on from its last whole line, and no text is shown twice', async () => {
  const { end, shown, cuts } = await loop([[text('One.\nTwo.\nThr')], [text('Two.\nThree.\n'), text('Four.'), stop]])
  expect(shown()).toBe('One.\nTwo.\nThree.\nFour.')
  expect(end.rounds[0]!.text).toBe(shown())
  expect(cuts).toEqual(['closed at 3'])
})

test('a turn cut at the output limit before there was a line to keep is asked for in smaller steps', async () => {
  const { end, asked, shown } = await loop([
    [text('A very long'), { type: 'finish', reason: 'length' }],
    [text('Short.'), stop],
  ])
  expect(end.rounds[0]!.text).toBe('Short.')
  expect(shown()).toBe('Short.')
  expect(asked[1]!.messages.at(-1)).toMatchObject({ content: expect.stringContaining('smaller steps') })
})

test('an answer that does not go on where the cut one ended is asked for anew', async () => {
  const { shown } = await loop([
    [text('One.\nTwo.\nThr')],
    [text('Something else.\nAltogether.\n'), stop],
    [text('Once more.'), stop],
  ])
  expect(shown()).toBe('Once more.')
})

test('a turn that is cut again and again is model_cut_off, worth another try', async () => {
  const failing = loop(() => [text('Oh')])
  await expect(failing).rejects.toMatchObject({ code: 'model_cut_off', retryable: true })
})

test('a model that fails before its first text is replaced by the next of the chain, for the whole answer so far', async () => {
  const away = new DomainError('model_overloaded', 'Busy.', { retryable: true })
  const asked: string[] = []
  const first = model('first', (round) => {
    asked.push('first')
    return round === 1 ? [call('a', 'look', { at: 'x' }), tools] : [throws(away)]
  })
  const second = model('second', () => {
    asked.push('second')
    return [text('Here.'), stop]
  })
  const { end } = await loopWith([first, second])
  expect(asked).toEqual(['first', 'first', 'second'])
  expect(end.rounds.map(({ provider }) => provider)).toEqual(['first', 'second'])
})

test('a model that goes on for ever is stopped, whatever it sends, and nothing of it is kept', async () => {
  const flood = 'x'.repeat(1024 * 1024)
  const calling = { type: 'calling' as const, id: 'a', name: 'look', delta: flood }
  const calls = Array.from({ length: 101 }, (_, i) => call(`c${i}`, 'look', { at: `${i}` }))
  for (const chunks of [Array(20).fill(text(flood)), Array(20).fill(calling), [...calls, tools]]) {
    const { end, shown, asked } = await loopWith([
      model('first', () => chunks),
      model('second', () => [text('Short.'), stop]),
    ])
    expect(shown()).toBe('Short.')
    expect(end.rounds[0]!.provider).toBe('second')
    expect(asked).toEqual([])
  }
})

test('a model whose breaker is open is passed over; when no other is left, the job waits as it would', async () => {
  const open = new Snooze(5_000, new DomainError('circuit_open', 'Away.', { retryable: true }))
  const first = model('first', () => [throws(open)])
  const { end } = await loopWith([first, model('second', () => [text('Here.'), stop])])
  expect(end.rounds[0]!.provider).toBe('second')
  await expect(loopWith([first])).rejects.toBe(open)
})

test('a model that fails after its first text is replaced in the middle of the turn, and no text is shown twice', async () => {
  const overloaded = new DomainError('model_overloaded', 'Busy.', { retryable: true })
  const { end, shown } = await loopWith([
    model('first', () => [text('One.\nTwo.\nThr'), throws(overloaded)]),
    model('second', () => [text('Two.\nThree.'), stop]),
  ])
  expect(shown()).toBe('One.\nTwo.\nThree.')
  expect(end.rounds[0]!).toMatchObject({ provider: 'second', text: 'One.\nTwo.\nThree.' })
})

test('a refusal is model_refused, and nobody else is asked', async () => {
  const asked: string[] = []
  const refusing = model('first', () => [text('I’d rather not.'), { type: 'finish', reason: 'refusal' }])
  const second = model('second', () => {
    asked.push('second')
    return [stop]
  })
  await expect(loopWith([refusing, second])).rejects.toMatchObject({ code: 'model_refused' })
  expect(asked).toEqual([])
})

test('what an earlier attempt has done is neither asked nor run again', async () => {
  const usage = { inputTokens: 1, outputTokens: 1, cachedTokens: 0 }
  const calls = [
    { id: 'a', name: 'count', input: '{"to":1}' },
    { id: 'b', name: 'count', input: '{"to":2}' },
  ]
  const done: Round = {
    text: 'I count.',
    calls,
    results: [{ call: 'a', name: 'count', content: '1' }],
    usage,
    provider: 'p',
    model: 'm',
  }
  const { ran, asked, shown } = await loop(
    [[text('Two.\nThree.'), stop]],
    {},
    { rounds: [done], draft: 'One.\nTwo.\nTh' },
  )
  expect(ran).toEqual([['count', { to: 2 }]])
  expect(asked).toHaveLength(1)
  expect(shown()).toBe('One.\nTwo.\nThree.')
})

test('an answer that was whole already asks nobody', async () => {
  const usage = { inputTokens: 1, outputTokens: 1, cachedTokens: 0 }
  const whole: Round = { text: 'Done.', calls: [], results: [], usage, provider: 'p', model: 'm' }
  const { end, asked } = await loop([], {}, { rounds: [whole] })
  expect([end.ended, asked.length]).toEqual(['answered', 0])
})

test('what a tool throws ends the loop, and so does the signal', async () => {
  const stuck = loop([[call('a', 'look', { at: 'x' }), tools]], {
    run: () => Promise.reject(new RangeError('a bug')),
  })
  await expect(stuck).rejects.toThrow('a bug')
  const stopped = loop((_, abort) => {
    abort.abort('job.cancelled')
    return [call('a', 'look', { at: 'x' }), tools]
  })
  await expect(stopped).rejects.toBe('job.cancelled')
})

type Said = Chunk | { type: 'throw'; error: unknown }
type Turns = Said[][] | ((round: number, abort: AbortController) => Said[])

const stop: Chunk = { type: 'finish', reason: 'stop' }
const tools: Chunk = { type: 'finish', reason: 'tools' }
const text = (said: string): Chunk => ({ type: 'text', text: said })
const throws = (error: unknown): Said => ({ type: 'throw', error })
const call = (id: string, name: string, input: object): Chunk => ({
  type: 'call',
  call: { id, name, input: JSON.stringify(input) },
})

const ABORT = { current: new AbortController() }

function model(
  name: string,
  turns: (round: number, abort: AbortController) => Said[],
  asked: ModelRequest[] = [],
): Provider {
  let round = 0
  return {
    name,
    label: name,
    demo: false,
    defaultModel: name,
    models: [name],
    takes: () => true,
    async *stream(request) {
      asked.push(structuredClone({ ...request, tools: undefined }))
      asked.at(-1)!.tools = request.tools
      for (const said of turns(++round, ABORT.current)) {
        if (said.type === 'throw') throw said.error
        yield said
      }
    },
  }
}

function loop(
  turns: Turns,
  hooks: Partial<LoopHooks> = {},
  more: { rounds?: Round[]; draft?: string; room?: number } = {},
) {
  const asked: ModelRequest[] = []
  const said = typeof turns === 'function' ? turns : (round: number) => turns[round - 1]!
  return loopWith([model('scripted', said, asked)], hooks, more, asked)
}

async function loopWith(
  providers: Provider[],
  hooks: Partial<LoopHooks> = {},
  more: { rounds?: Round[]; draft?: string; room?: number } = {},
  asked: ModelRequest[] = [],
) {
  ABORT.current = new AbortController()
  const ran: [string, unknown][] = []
  const cuts: string[] = []
  let shown = more.draft ?? ''
  const end = await toolLoop(
    { chain: providers.map((provider) => ({ provider, model: provider.defaultModel })) },
    {
      system: 'You are helpful.',
      messages: [{ role: 'user', content: 'Hello?' }],
      maxOutputTokens: 100,
      task: { kind: 'chat', brief: '' },
      tools: TOOLS,
      ...more,
    },
    {
      onText: (delta) => {
        shown += delta
      },
      onRestart: (whole) => {
        shown = whole
      },
      onContinue: ({ reason, line }) => void cuts.push(`${reason} at ${line}`),
      ...hooks,
      run: async (made, at) => {
        ran.push([made.name, made.input])
        return hooks.run?.(made, at) ?? { content: `${made.name} ${ran.length}` }
      },
    },
    ABORT.current.signal,
  )
  return { end, ran, asked, cuts, shown: () => shown }
}
