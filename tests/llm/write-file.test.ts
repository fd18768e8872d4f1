import { describe, expect, test } from 'bun:test'
import { systemClock } from '../../src/clock.ts'
import { anthropicProvider } from '../../src/llm/anthropic.ts'
import { LIMITS, withClocks } from '../../src/llm/clocks.ts'
import { type FileAsk, type WrittenFile, writeFile } from '../../src/llm/write-file.ts'
import { breaks, fails, type ModelServer, modelServer, type Reply, type Script, says } from '../support/model-server.ts'

const END = '<<<END hearth:00000001>>>'
const FILE = Array.from({ length: 60 }, (_, i) => `line ${i + 1}\n`).join('')
const ASK: FileAsk = {
  system: 'You write files.',
  messages: [{ role: 'user', content: 'Write notes.txt.' }],
  maxOutputTokens: 1000,
  task: { kind: 'write', brief: 'notes', path: 'notes.txt' },
}
const whole = says(`${FILE}${END}\n`, { size: 50 })
const close = (reply: Reply) => reply.close()
const until = (line: number) => FILE.slice(0, FILE.indexOf(`line ${line + 1}\n`))
const from = (line: number) => FILE.slice(FILE.indexOf(`line ${line}\n`))

test('a file is the text before its end line, and its pieces add up to it', async () => {
  await using server = modelServer(says(`${FILE}${END}\n`, { size: 3 }))
  const { written, shown, restarts } = await write(server)

  expect(written).toEqual({
    text: FILE,
    usage: { inputTokens: 17, outputTokens: 42, cachedTokens: 5, cacheWriteTokens: 2 },
    provider: 'anthropic',
    model: 'claude-sonnet-5-5',
    continuations: 0,
    parts: [{ provider: 'anthropic', model: 'claude-sonnet-5-5', bytes: FILE.length }],
  })
  expect(shown).toBe(FILE)
  expect(restarts).toEqual([])
  expect(server.calls[0]!.body.messages).toEqual([{ role: 'user', content: expect.stringContaining(END) }])
})

test('a fence around the whole file is taken off', async () => {
  await using server = modelServer(says(`\`\`\`text\n${FILE}\`\`\`\n${END}`, { size: 4 }))
  const { written, shown } = await write(server)
  expect(written.text).toBe(FILE)
  expect(shown).toBe(FILE)
})

describe('an answer that was cut goes on from its last whole line, and the file is the same', () => {
  const half = `${until(30)}line 3`
  const cuts: [string, Script, string][] = [
    ['by the token limit', says(half, { reason: 'max_tokens' }), 'length'],
    ['by a connection that closes without a word', breaks(half, close), 'closed'],
    ['by a failure in the stream', breaks(half, (reply) => reply.error('api_error', 'x')), 'model_unavailable'],
    ['by an overload', breaks(half, (reply) => reply.error('overloaded_error', 'x')), 'model_overloaded'],
    ['by silence, though pings come', breaks(half, pingForEver), 'model_idle_timeout'],
    ['by a model that forgets its end line', says(half), 'no_end_line'],
    ['by a pause', says(half, { reason: 'pause_turn' }), 'other'],
    ['in the middle of the end line', says(`${until(30)}${END.slice(0, 9)}`, { reason: 'max_tokens' }), 'length'],
  ]
  test.each(cuts)('%s', async (_name, cut, reason) => {
    await using server = modelServer(cut, says(`${from(30)}${END}\n`, { size: 11 }))
    const { written, shown, continued } = await write(server, ASK, { limits: { ...LIMITS, idleMs: 300 } })

    expect(written.text).toBe(FILE)
    expect(shown).toBe(FILE)
    expect(written.continuations).toBe(1)
    expect(continued).toEqual([reason])
    expect(shown).not.toContain('<<<')
  })
})

test.each(['hangUp', 'reset'] as const)(
  'a connection that breaks off in the middle (%s) is a cut like any other',
  async (end) => {
    const read = Promise.withResolvers<void>()
    const breakOff = async (reply: Reply) => {
      await read.promise
      reply[end]()
    }
    await using server = modelServer(breaks(until(30), breakOff), says(`${from(30)}${END}`))
    const { written, continued } = await write(server, ASK, {
      onText: (delta) => delta.includes('line 30') && read.resolve(),
    })
    expect(written.text).toBe(FILE)
    expect(continued).toEqual(['model_unavailable'])
  },
)

test('a model is asked to go on by a turn of the user, with the last 40 lines and their numbers', async () => {
  await using server = modelServer(breaks(`${until(50)}lin`, close), says(`${from(50)}${END}`))
  const { written } = await write(server)
  const [first, second] = server.calls.map((call) => call.body.messages)

  expect(second!.map((message) => message.role)).toEqual(['user', 'assistant', 'user'])
  expect(second![0]).toEqual(first![0]!)
  expect(second![1]!.content).toBe(until(50).trimEnd())
  const asked = second![2]!.content
  expect(asked).toContain('\n11| line 11\n')
  expect(asked).toContain('\n50| line 50\n')
  expect(asked).not.toContain('10| line 10\n')
  expect(asked).toContain('First repeat line 50')
  expect(asked).toContain(END)
  expect(written.usage.outputTokens).toBe(1 + 42)
})

test('a cut after the end line asks once more, and adds nothing', async () => {
  await using server = modelServer(breaks(`${FILE}${END}`, close), says(`line 60\n${END}`))
  const { written, shown } = await write(server)
  expect(server.calls).toHaveLength(2)
  expect(written.text).toBe(FILE)
  expect(shown).toBe(FILE)
})

test('a file may need several continuations', async () => {
  await using server = modelServer(
    breaks(until(20), close),
    says(`${from(20).slice(0, 100)}`, { reason: 'max_tokens' }),
    (reply, call) => {
      const last = Number(/First repeat line (\d+)/.exec(call.body.messages.at(-1)!.content)![1])
      reply.text(`${from(last)}${END}`)
      reply.finish()
    },
  )
  const { written, shown } = await write(server)
  expect(written.text).toBe(FILE)
  expect(shown).toBe(FILE)
  expect(written.continuations).toBe(2)
})

test('lines that a continuation could not be joined to are written again, and the reader is told', async () => {
  const code = 'a {\n  x\n}\nb {\n  y\n}\nc {\n  z\n}\n'
  await using server = modelServer(breaks('a {\n  x\n}\nb {\n  y\n}\nc', close), says(`  y\n}\nc {\n  z\n}\n${END}`))
  const { written, shown, restarts } = await write(server)
  expect(written.text).toBe(code)
  expect(shown).toBe(code)
  expect(restarts).toEqual(['a {\n  x\n}\nb {\n  y\n'])
})

test('a continuation that begins elsewhere is not joined, and after two of them the file is asked for anew', async () => {
  const astray = says(`line 32\n${from(33)}${END}`)
  await using server = modelServer(breaks(until(30), close), astray, astray, whole)
  const { written, shown, restarts, continued } = await write(server)

  expect(written.text).toBe(FILE)
  expect(shown).toBe(FILE)
  expect(restarts).toEqual([''])
  expect(continued).toEqual(['closed', 'does_not_join', 'does_not_join'])
  expect(server.calls[3]!.body.messages).toHaveLength(1)
})

test('a model that never comes to an end is model_cut_off after four continuations', async () => {
  await using server = modelServer(breaks(until(10), close))
  await expect(write(server)).rejects.toMatchObject({
    code: 'model_cut_off',
    retryable: true,
    context: { path: 'notes.txt', continuations: 4 },
  })
  expect(server.calls).toHaveLength(5)
})

describe('a draft', () => {
  test('is gone on from its last whole line', async () => {
    await using server = modelServer(says(`${from(30)}${END}`, { size: 9 }))
    const { written, shown, restarts } = await write(server, { ...ASK, draft: `${until(30)}line 3` })
    expect(written.text).toBe(FILE)
    expect(shown).toBe(FILE)
    expect(restarts).toEqual([until(30)])
    expect(written.continuations).toBe(1)
    expect(server.calls[0]!.body.messages).toHaveLength(3)
  })

  test('that is the whole file needs only its end line', async () => {
    await using server = modelServer(says(`line 60\n${END}`))
    const { written, restarts } = await write(server, { ...ASK, draft: FILE })
    expect(written.text).toBe(FILE)
    expect(restarts).toEqual([])
  })

  test('whose last line stands far above it too is joined once the answer is whole', async () => {
    const draft = `line 60\n${FILE}`
    await using server = modelServer(says(`line 60\n${END}`))
    const { written } = await write(server, { ...ASK, draft })
    expect(written).toMatchObject({ text: draft, continuations: 1 })
  })

  test('without a whole line is dropped', async () => {
    await using server = modelServer(whole)
    const { written, restarts } = await write(server, { ...ASK, draft: 'line' })
    expect(written.text).toBe(FILE)
    expect(restarts).toEqual([''])
    expect(written.continuations).toBe(0)
    expect(server.calls[0]!.body.messages).toHaveLength(1)
  })
})

describe('is thrown for the job engine, without another call:', () => {
  const cases: [string, Script, string, boolean][] = [
    ['a network that fails before the first byte', (reply) => reply.reset(), 'model_unavailable', true],
    ['a connection that closes without a word', close, 'model_unavailable', true],
    ['a model that is silent from the start', pingForEver, 'model_first_content_timeout', true],
    ['a model that thinks and then falls silent', thinkThenPing, 'model_idle_timeout', true],
    ['a limit on the rate', fails(429, 'rate_limit_error', { 'retry-after': '3' }), 'model_rate_limited', true],
    ['a refusal', says('I can’t', { reason: 'refusal' }), 'model_refused', false],
    ['a bad key', fails(401, 'authentication_error'), 'model_auth', false],
  ]
  test.each(cases)('%s', async (_name, script, code, retryable) => {
    await using server = modelServer(script)
    const limits = {
      ...LIMITS,
      ...(code === 'model_first_content_timeout' && { firstContentMs: 100 }),
      ...(code === 'model_idle_timeout' && { idleMs: 100 }),
    }
    await expect(write(server, ASK, { limits })).rejects.toMatchObject({ code, retryable })
    expect(server.calls).toHaveLength(1)
  })
})

test('a cancel in the middle throws its reason and asks no more', async () => {
  await using server = modelServer(breaks(until(10), pingForEver))
  const abort = new AbortController()
  const writing = writeFile(
    deps(server),
    ASK,
    { onText: () => abort.abort(new Error('cancelled')), onRestart() {} },
    abort.signal,
  )
  await expect(writing).rejects.toThrow('cancelled')
  expect(server.calls).toHaveLength(1)
})

async function pingForEver(reply: Reply): Promise<void> {
  const ping = setInterval(() => reply.ping(), 10)
  await reply.gone
  clearInterval(ping)
}

function thinkThenPing(reply: Reply): Promise<void> {
  reply.thinking('hm')
  return pingForEver(reply)
}

function deps(server: ModelServer, limits = LIMITS) {
  const provider = withClocks(
    { clock: systemClock, limits },
    anthropicProvider({ apiKey: 'sk-test', baseUrl: server.url }),
  )
  return { chain: [{ provider, model: 'claude-sonnet-5-5' }], newId: () => 'x00000001' }
}

/** Writes, and keeps what a reader would show: the text after the last restart. */
async function write(
  server: ModelServer,
  ask = ASK,
  { limits = LIMITS, onText = (_delta: string): unknown => undefined } = {},
) {
  let shown = ask.draft ?? ''
  const restarts: string[] = []
  const continued: string[] = []
  const hooks = {
    onText(delta: string) {
      shown += delta
      onText(delta)
    },
    onRestart(text: string) {
      restarts.push(text)
      shown = text
    },
    onContinue: ({ reason }: { reason: string }) => void continued.push(reason),
  }
  const written: WrittenFile = await writeFile(deps(server, limits), ask, hooks, new AbortController().signal)
  return { written, shown, restarts, continued }
}
