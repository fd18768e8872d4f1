import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { askJson } from '../../src/llm/ask-json.ts'
import type { Chunk, Provider } from '../../src/llm/provider.ts'
import { withBound } from '../../src/llm/with-bound.ts'
import { type FileAsk, writeFile } from '../../src/llm/write-file.ts'
import { DONE, playing } from './scripted-streams.ts'

const MB = 1024 * 1024
const ASK: FileAsk = {
  system: '',
  messages: [{ role: 'user', content: 'x' }],
  maxOutputTokens: 1,
  task: { kind: 'write', brief: '', path: 'a.txt' },
}

/** A model that sends pieces without end; `sent` counts what was taken of them. */
function endless(piece: string, first: Chunk[] = []) {
  const model = { sent: 0, left: false }
  const provider: Provider = {
    ...playing('endless'),
    async *stream() {
      try {
        yield* first
        for (;;) {
          model.sent += piece.length
          yield { type: 'text', text: piece }
        }
      } finally {
        model.left = true
      }
    },
  }
  return Object.assign(model, { provider })
}

describe('a model that goes on for ever is stopped at 1 MB of a file, told why, and leaves nothing to go on from:', () => {
  const pieces: [string, string][] = [
    ['one line that never ends', 'xy'],
    ['lines', 'again and again\n'],
    ['one line in pieces of 300 KB', 'x'.repeat(300_000)],
    ['a character of three bytes', '€€'],
  ]
  test.each(pieces)(
    '%s',
    async (_name, piece) => {
      const model = endless(piece)
      const { error, shown, most } = await write(model.provider)
      expect(error).toMatchObject({ code: 'model_answer_too_long', retryable: false, context: { provider: 'endless' } })
      expect(Buffer.byteLength(piece) * (model.sent / piece.length)).toBeLessThanOrEqual(MB + Buffer.byteLength(piece))
      expect([model.left, shown]).toEqual([true, ''])
      expect(most).toBeGreaterThan(MB / 4) // what comes of a line is shown as it comes
    },
    3_000,
  )

  test('10 MB at once', async () => {
    const { error, most } = await write(playing('one', ['x'.repeat(10 * MB), DONE]))
    expect(error).toMatchObject({ code: 'model_answer_too_long' })
    expect(most).toBe(0)
  })

  test('blank lines after the end, which might be the file’s or not, already at 16 KB', async () => {
    const model = endless(' \n', [{ type: 'text', text: 'the end' }])
    expect((await write(model.provider)).error).toMatchObject({ code: 'model_answer_too_long' })
    expect(model.sent).toBeLessThan(20_000)
  }, 60_000)
})

test('an answer that should go on, and begins with a line that never ends, is not heard to its end', async () => {
  const models = [endless('xy'), endless('xy')]
  let calls = 0
  const provider: Provider = {
    ...playing('one'),
    stream: (request, signal) =>
      calls++ === 0
        ? playing('one', ['line 1\nline 2\n']).stream(request, signal)
        : models[calls - 2]!.provider.stream(request, signal),
  }
  await write(provider).catch(() => {})
  expect(models[0]!.sent).toBeLessThan(2_000)
  expect(models[0]!.left).toBe(true)
})

test('a file that grows over its continuations beyond 1 MB is stopped as well', async () => {
  let calls = 0
  const part = (n: number) => Array.from({ length: 4_000 }, (_, i) => `line ${n}/${i} ${'x'.repeat(90)}\n`).join('')
  const provider = playing('one', () => [
    calls === 0
      ? part(calls++)
      : `${part(calls - 1)
          .split('\n')
          .at(-2)}\n${part(calls++)}`,
  ])
  const { error } = await write(provider)
  expect(error).toMatchObject({ code: 'model_answer_too_long' })
  expect(calls).toBe(3)
})

test('JSON is stopped at 1 MB', async () => {
  const model = endless('[[')
  const asking = askJson(
    { chain: [{ provider: model.provider, model: 'm' }] },
    { ...ASK, task: { kind: 'plan', brief: '' } },
    { name: 'x', zod: z.object({}) },
    {},
    new AbortController().signal,
  )
  await expect(asking).rejects.toMatchObject({ code: 'model_answer_too_long', retryable: false })
  expect(model.sent).toBeLessThanOrEqual(MB + 2)
})

test.each<[string, Chunk]>([
  ['text', { type: 'text', text: 'x'.repeat(1_000) }],
  ['the input of a tool call', { type: 'calling', id: '1', name: 'edit', delta: 'x'.repeat(1_000) }],
])('any answer is stopped at 4 MB of %s', async (_what, piece) => {
  let sent = 0
  const provider: Provider = {
    ...playing('endless'),
    async *stream() {
      for (;;) {
        sent += 1_000
        yield piece
      }
    },
  }
  const request = { ...ASK, model: 'm', task: { kind: 'chat' as const, brief: '' } }
  const hear = async () => {
    for await (const _ of withBound(provider).stream(request, new AbortController().signal));
  }
  await expect(hear()).rejects.toMatchObject({ code: 'model_answer_too_long', retryable: false })
  expect(sent).toBeLessThanOrEqual(4 * MB + 1_000)
})

async function write(provider: Provider) {
  let shown = ''
  let most = 0
  const error = await writeFile(
    { chain: [{ provider, model: 'm' }], newId: () => 'x00000001' },
    ASK,
    {
      onText(delta) {
        shown += delta
        most = Math.max(most, shown.length)
      },
      onRestart(text) {
        shown = text
      },
    },
    new AbortController().signal,
  ).catch((thrown: unknown) => thrown)
  return { error, shown, most }
}
