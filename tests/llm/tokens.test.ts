import { expect, test } from 'bun:test'
import { z } from 'zod'
import { estimatedCost, requestBytes } from '../../src/llm/cost.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { countInput, countTokens } from '../../src/llm/tokens.ts'
import { jsonSchema } from '../../src/llm/tool-input.ts'
import { worked } from '../support/worked.ts'
import { question } from './ledger.ts'

const never = new AbortController().signal
const bare = { name: 'openai', label: '', demo: false, defaultModel: '', models: [], takes: () => true }
const stream = () => {
  throw new Error('nobody asks for an answer')
}

/** The longest work, ms, during which nobody else got a turn. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let last = worked()
  let over = false
  const look = () => {
    longest = Math.max(longest, worked() - last)
    last = worked()
    if (!over) setImmediate(look)
  }
  setImmediate(look)
  await work()
  over = true
  look()
  return longest
}

test('200 KB of one character are counted in half a second, and others get their turn all the while', async () => {
  await countTokens('loaded')
  for (const text of ['a', ' ', '漢', '\n'].map((one) => one.repeat(200_000 / Buffer.byteLength(one)))) {
    const started = worked()
    expect(await longestBlock(() => countTokens(text))).toBeLessThan(50)
    expect(worked() - started).toBeLessThan(500)
  }
})

test('others get their turn also while a megabyte of noise is counted, which takes longer', async () => {
  await countTokens('loaded')
  const noise = Array.from({ length: 16_000 }, (_, i) => Bun.hash(`${i}`).toString(36) + Bun.hash(`x${i}`).toString(36))
  const started = worked()
  expect(await longestBlock(() => countTokens(noise.join('').repeat(3)))).toBeLessThan(50)
  expect(worked() - started).toBeGreaterThan(60) // else nobody would have had to wait for it
})

test('pieces count as the whole does, but for a little at the joints', async () => {
  const text = await Bun.file(new URL('../../src/app.ts', import.meta.url)).text()
  const whole = (await import('gpt-tokenizer/encoding/o200k_base')).countTokens(text)
  const counted = await countTokens(text)
  expect(counted).toBeGreaterThanOrEqual(whole)
  expect(counted).toBeLessThan(whole * 1.01)
})

test('a pair of surrogates is not torn apart, and a text may speak of special tokens', async () => {
  expect(await countTokens(`${'x'.repeat(681)}😀`)).toBe(
    (await countTokens('x'.repeat(681))) + (await countTokens('😀')),
  )
  expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1)
})

test('the vendor’s own count holds where there is one', async () => {
  const own = { ...bare, stream, countTokens: async () => 4_711 }
  expect(await countInput(own, question(), never)).toBe(4_711)
})

test('a vendor that can’t count is no hindrance: ours is taken, with a tenth more for vendors whose tokens are shorter', async () => {
  const fails = async () => {
    throw new Error('no such route')
  }
  const ours = await countInput({ ...bare, stream, countTokens: fails }, question(), never)
  expect(ours).toBeGreaterThan(10)
  expect(await countInput({ ...bare, stream, name: 'google' }, question(), never)).toBe(Math.ceil(ours * 1.1))
})

test('who is asked to stop does', async () => {
  const stop = AbortSignal.abort('enough')
  const asked = countInput(
    { ...bare, stream, countTokens: (_, signal) => Promise.reject(signal.reason) },
    question(),
    stop,
  )
  await expect(asked).rejects.toBe('enough')
})

test('the shapes of tools and of the answer count as part of a request', async () => {
  const zod = z.object({ path: z.string().describe('the path of the file, '.repeat(100)) })
  const shape = JSON.stringify(jsonSchema(zod))
  const tool = { name: 'read_file', description: 'Reads a file.', zod }
  const added = (change: Partial<ModelRequest>) => requestBytes(question(change)) - requestBytes(question())
  expect(added({ tools: [tool] })).toBeGreaterThanOrEqual(shape.length + tool.name.length + tool.description.length)
  expect(added({ schema: { name: 'plan', zod } })).toBeGreaterThanOrEqual(shape.length)
  const free = () => null
  const tokens = (change: Partial<ModelRequest>) => estimatedCost(question(change), free).inputTokens
  expect(tokens({ tools: [tool] }) - tokens({})).toBeGreaterThan(shape.length / 4)
})
