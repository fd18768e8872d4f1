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
