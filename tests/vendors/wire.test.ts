import { expect, test } from 'bun:test'
import { MISBEHAVIOURS, misbehaves, says } from './misbehaviours.ts'
import { openaiWire } from './openai.ts'
import { type Script, vendorServer } from './wire.ts'

const TEXT = 'Grüße, 世界 👋\n'.repeat(10)

test('an answer arrives as the protocol’s frames, in pieces', async () => {
  const { body } = await ask(says(TEXT))
  expect(textIn(body)).toBe(TEXT)
  expect(body).toEndWith('data: [DONE]\n\n')
})

test('an answer that comes byte by byte is the same answer', async () => {
  const { body, reads } = await ask(
    misbehaves(MISBEHAVIOURS['splits characters and frames at every byte'], { text: TEXT }),
  )
  expect(textIn(body)).toBe(TEXT)
  expect(reads).toBeGreaterThan(10)
})

test.each(['sends 10 MB of one line', 'sends 10 MB in one frame'] as const)(
  'a server that %s sends all of it',
  async (name) => {
    const { body } = await ask(misbehaves(MISBEHAVIOURS[name], { text: TEXT }))
    expect(textIn(body)).toHaveLength(10 * 1024 * 1024)
  },
)

test('a server that stalls says so, and what it has sent', async () => {
  const stalled = Promise.withResolvers<string>()
  await using server = vendorServer(
    openaiWire,
    misbehaves(MISBEHAVIOURS['stalls in the middle'], { text: TEXT, onStall: stalled.resolve }),
  )
  const response = await post(server.url)
  const sent = await stalled.promise
  expect(TEXT).toStartWith(sent)
  expect(sent).not.toEndWith('\n')
  await response.body!.cancel()
})

async function ask(script: Script) {
  await using server = vendorServer(openaiWire, script)
  const response = await post(server.url)
  const parts = await Array.fromAsync(response.body!)
  return { body: Buffer.concat(parts).toString(), reads: parts.length }
}

function post(url: string) {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', stream: true, messages: [] }),
  })
}

function textIn(body: string): string {
  return [...body.matchAll(/^data: (\{.*)$/gm)]
    .map(([, json]) => JSON.parse(json!).choices[0].delta.content ?? '')
    .join('')
}
