import { expect, test } from 'bun:test'
import { z } from 'zod'
import { inputOf, jsonSchema, structureOf } from '../../src/llm/tool-input.ts'

test.each([
  ['{"path":"a.ts"}', { path: 'a.ts' }],
  ['', {}],
  ['  \n', {}],
  ['{"path": "a', { unreadable: '{"path": "a' }],
  ['["a.ts"]', { unreadable: '["a.ts"]' }],
  ['null', { unreadable: 'null' }],
  ['42', { unreadable: '42' }],
])('the input %j goes back as %j', (input, object) => {
  expect(inputOf({ input })).toEqual(object)
})

test('an input that can’t be read goes back no longer than 2,000 characters', () => {
  expect(inputOf({ input: 'x'.repeat(3000) })).toEqual({ unreadable: 'x'.repeat(2000) })
})

test('a shape is that of what a model is to give, before it is made into something else', () => {
  const shape = z.object({ day: z.string().transform((text) => new Date(text)), size: z.number().default(3) })
  expect(jsonSchema(shape)).toEqual({
    type: 'object',
    properties: { day: { type: 'string' }, size: { type: 'number', default: 3 } },
    required: ['day'],
  })
})

test('the structure of a shape is without its limits, not without what is named like one', () => {
  const shape = z.object({
    pattern: z.string().regex(/x/).max(600),
    sizes: z.array(z.number().min(1).max(5)).max(20),
    kind: z.enum(['minimum', 'maximum']),
    more: z.union([z.string().min(1), z.null()]),
  })
  expect(structureOf(shape)).toEqual({
    type: 'object',
    properties: {
      pattern: { type: 'string' },
      sizes: { type: 'array', items: { type: 'number' } },
      kind: { type: 'string', enum: ['minimum', 'maximum'] },
      more: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    },
    required: ['pattern', 'sizes', 'kind', 'more'],
  })
})
