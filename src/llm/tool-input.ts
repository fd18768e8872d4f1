import { z } from 'zod'
import type { ToolCall } from './provider.ts'

const UNREADABLE_AT_MOST = 2_000 // characters

/**
 * The input of a past call as vendors want it back: an object. One that a model broke goes as `{ unreadable: <what it
 * wrote> }`; the result of that call tells the model what was wrong.
 */
export function inputOf({ input }: Pick<ToolCall, 'input'>): Record<string, unknown> {
  if (input.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(input)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // What follows says it to the model.
  }
  return { unreadable: input.slice(0, UNREADABLE_AT_MOST) }
}

/** JSON Schema for what a model is to give, without what vendors don't know. */
export function jsonSchema(shape: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' })
  return schema
}

/** Limits of texts, lists and numbers. */
const LIMITS = new Set([
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
])

/**
 * The structure alone, for servers that make a grammar or an automaton of it: of a text of at most 600 characters some make 600
 * rules, and Gemini refuses a shape whose lists may hold some 1,000 items together. What comes back is checked against the
 * whole shape in any case.
 */
export function structureOf(shape: z.ZodType): Record<string, unknown> {
  return withoutLimits(jsonSchema(shape))
}

function withoutLimits(schema: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(schema).filter(([key]) => !LIMITS.has(key))
  return Object.fromEntries(kept.map(([key, value]) => [key, NAMED.has(key) ? each(value) : inside(value)]))
}

/** Where the keys are names that somebody gave. */
const NAMED = new Set(['properties', '$defs'])

function each(schemas: unknown): unknown {
  return Object.fromEntries(Object.entries(schemas as object).map(([name, schema]) => [name, inside(schema)]))
}

function inside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inside)
  return typeof value === 'object' && value !== null ? withoutLimits(value as Record<string, unknown>) : value
}
