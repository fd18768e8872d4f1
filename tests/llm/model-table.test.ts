import { describe, expect, test } from 'bun:test'
import table from '../../src/llm/model-table.json' with { type: 'json' }
import {
  factsOf,
  modelsInTable,
  type Prices,
  pricesFor,
  sourceOf,
  TABLE_DATE,
  usualModels,
} from '../../src/llm/model-table.ts'

const VENDORS = ['anthropic', 'openai', 'google', 'xai']
const all = VENDORS.flatMap((vendor) => modelsInTable(vendor).map((model) => [vendor, model] as const))

test('the table has a date, and each vendor’s figures a source', () => {
  expect(new Date(TABLE_DATE).toISOString().slice(0, 10)).toBe(TABLE_DATE)
  for (const vendor of VENDORS) expect(sourceOf(vendor)!.length).toBeGreaterThan(40)
})

test.each(all)('%s/%s has sane figures', (vendor, model) => {
  const { known, context, output, prices, long } = factsOf(vendor, model)
  expect(known).toBe(true)
  expect(context).toBeGreaterThanOrEqual(output)
  expect(output).toBeGreaterThanOrEqual(16_384)
  for (const price of [prices, ...(long ? [long] : [])]) {
    expect(ordered(price)).toBe(true)
    for (const each of Object.values(price)) expect(each === null || each >= 0).toBe(true)
  }
  if (long) expect(dearer(long, prices) && long.above < context).toBe(true)
})

test('no model stands in the table twice', () => {
  for (const { models } of Object.values(table.vendors)) {
    const ids = models.flatMap((one: { id: string; also?: string[] }) => [one.id, ...(one.also ?? [])])
    expect(new Set(ids).size).toBe(ids.length)
  }
})

test.each(VENDORS)('%s has a small model, and one that stands in for the first at no higher price', (vendor) => {
  const { defaultModel, smallModel, secondModel } = usualModels(vendor)
  expect(modelsInTable(vendor)).toEqual(expect.arrayContaining([smallModel!, secondModel!]))
  expect(new Set([defaultModel, smallModel, secondModel]).size).toBe(3)
  const [first, small, second] = [defaultModel, smallModel!, secondModel!].map((id) => factsOf(vendor, id).prices)
  expect(small!.input! < first!.input! && small!.output! < first!.output!).toBe(true)
  expect(second!.input! <= first!.input! && second!.output! <= first!.output!).toBe(true)
})

test('a dated or preview id means the model that it names', () => {
  const same: [string, string, string][] = [
    ['anthropic', 'claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['openai', 'gpt-5-2025-08-07', 'gpt-5'],
    ['google', 'gemini-2.5-pro-preview-05-20', 'gemini-2.5-pro'],
    ['xai', 'grok-4-0709', 'grok-4'],
    ['xai', 'grok-4-latest', 'grok-4'],
  ]
  for (const [vendor, dated, plain] of same) expect(factsOf(vendor, dated)).toEqual(factsOf(vendor, plain))
})

describe('a model that nobody knows', () => {
  test('has what its vendor’s models usually have, and never another model’s price', () => {
    const facts = factsOf('openai', 'gpt-5-of-next-year')
    expect(facts).toMatchObject({ known: false, context: 128_000, output: 16_384 })
    expect(facts.prices).toEqual({ input: null, output: null, cacheRead: null, cacheWrite: null })
  })

  test('of an unknown server has a modest window, can call tools, and is edited by whole files', () => {
    expect(factsOf('basement', 'llama')).toEqual({
      known: false,
      context: 32_768,
      output: 8_192,
      prices: { input: null, output: null, cacheRead: null, cacheWrite: null },
      abilities: { tools: true, schema: true, vision: false },
      edits: 'whole',
    })
  })

  test('costs nothing where it runs on one’s own machine', () => {
    for (const provider of ['ollama', 'demo'])
      expect(factsOf(provider, 'any').prices).toEqual({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 })
  })
})

test('what the owner says holds above the table, for this model alone', () => {
  const overrides = { 'google/gemini-2.5-pro': { context: 500_000, prices: { input: 1 } } }
  const facts = factsOf('google', 'gemini-2.5-pro', overrides)
  expect(facts).toMatchObject({ context: 500_000, output: 65_536, prices: { input: 1, output: 10 } })
  expect(pricesFor(facts, 900_000).input).toBe(1)
  expect(factsOf('google', 'gemini-2.5-flash', overrides)).toEqual(factsOf('google', 'gemini-2.5-flash'))
  expect(factsOf('basement', 'llama', { 'basement/llama': { output: 4096 } })).toMatchObject({
    known: true,
    output: 4096,
  })
})

test('a prompt over the vendor’s line is charged by the higher prices, all of it', () => {
  const facts = factsOf('google', 'gemini-2.5-pro')
  expect(pricesFor(facts, 200_000)).toEqual(facts.prices)
  expect(pricesFor(facts, 200_001)).toMatchObject({ input: 2.5, output: 15, cacheRead: 0.25 })
})

function ordered({ input, output, cacheRead, cacheWrite }: Prices): boolean {
  if (input === null || output === null) return input === output
  return output >= input && (cacheRead ?? 0) <= input && (cacheWrite ?? input) >= input
}

function dearer(long: Prices, short: Prices): boolean {
  return long.input! > short.input! && long.output! > short.output! && (long.cacheRead ?? 9) > (short.cacheRead ?? 0)
}

test.each(['constructor', 'valueOf', 'hasOwnProperty'])('a server may be called %s', (name) => {
  expect(factsOf(name, 'm')).toEqual(factsOf('basement', 'm'))
  expect([modelsInTable(name), sourceOf(name)]).toEqual([[], undefined])
})
