import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Away, filesOf, openClient } from '../../src/gpu/comfyui/client.ts'

const MIB = 1024 ** 2
/** What it answers, by path. */
const ANSWERS: Record<string, () => Response> = {}
let server: ReturnType<typeof Bun.serve>
let sent = 0

/** As much as somebody takes. */
function endless(): ReadableStream<Uint8Array> {
  const part = new Uint8Array(MIB).fill(0x20)
  return new ReadableStream({
    pull(controller) {
      sent += part.length
      controller.enqueue(part)
    },
  })
}

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) => ANSWERS[new URL(url).pathname]?.() ?? new Response('', { status: 404 }),
  })
})
afterAll(() => server.stop(true))

const client = () => openClient(`http://127.0.0.1:${server.port}`)

test('an answer without end is let go, and none is believed to be what it should be', async () => {
  ANSWERS['/queue'] = () => new Response(endless())
  await expect(client().place('a')).rejects.toBeInstanceOf(Away)
  expect(sent).toBeLessThan(200 * MIB)
  for (const text of [
    '',
    'null',
    '[]',
    '{"queue_running":[null]}',
    '{"queue_pending":{"length":9}}',
    '['.repeat(1_000_000),
    '\0',
  ]) {
    ANSWERS['/queue'] = () => new Response(text)
    await expect(client().place('a')).rejects.toBeInstanceOf(Away)
  }
  for (const text of ['{"a":{"outputs":7}}', '{"a":{"status":{"messages":[1]}}}']) {
    ANSWERS['/history/a'] = () => new Response(text)
    await expect(client().run('a')).rejects.toBeInstanceOf(Away)
  }
  ANSWERS['/history/a'] = () => new Response('{"__proto__":{"a":{"outputs":{}}}}')
  expect(await client().run('a')).toBeNull()
})

test('files that it names are looked at one by one: what is none is left out', () => {
  const odd = [
    null,
    7,
    { filename: 7 },
    { filename: '../../x.png', subfolder: '/etc' },
    { __proto__: { filename: 'x' } },
  ]
  const run = { outputs: { 1: { images: odd, text: 'x' as never } }, status: null }
  expect(filesOf(run as never)).toEqual([
    { filename: '../../x.png', subfolder: '/etc', type: 'output' },
    { filename: 'x', subfolder: '', type: 'output' },
  ])
})
