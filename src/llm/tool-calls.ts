import { z } from 'zod'
import type { Tool, ToolCall, ToolResult } from './provider.ts'

/** The same call so often in a row, and the loop ends: this one is not run any more. */
const SAME_CALLS_IN_A_ROW = 3
/** The same tool with the same result in so many rounds in a row, whatever it was asked. */
const SAME_RESULTS_IN_A_ROW = 5
/** The same call with the same result so often in one answer, whatever lies between. */
const SAME_OUTCOMES = 5
const ISSUES_AT_MOST = 8

/** A call whose input has the shape that its tool wants. */
export interface CheckedCall {
  id: string
  name: string
  input: unknown
}

/** A call, read: what to run, or the words that tell the model why it can't be. */
export type ReadCall = { call: CheckedCall } | { failed: string }

/** Reads what a model wrote: broken JSON, another shape and a tool that there isn't are told to it, and crash nothing. */
export function readCall(tools: Tool[], { id, name, input }: ToolCall): ReadCall {
  const tool = tools.find((each) => each.name === name)
  if (!tool)
    return {
      failed: `There is no tool “${name.slice(0, 80)}”. There are: ${tools.map((each) => each.name).join(', ')}.`,
    }
  const json = parsed(input)
  if ('problem' in json)
    return { failed: `The arguments are not JSON (${json.problem}). Make the call again with one JSON object.` }
  const checked = tool.zod.safeParse(json.value)
  if (checked.success) return { call: { id, name, input: checked.data } }
  const issues = checked.error.issues.slice(0, ISSUES_AT_MOST).map(inWords).join('; ')
  return { failed: `The arguments don't fit: ${issues}. Make the call again with arguments that do.` }
}

const signatures = new WeakMap<object, string>()

/**
 * The same text for two calls that ask the same, however their arguments are ordered and spaced. Made once for each call, and
 * short: each call is held against all before it.
 */
function signatureOf(call: Pick<ToolCall, 'name' | 'input'>): string {
  const known = signatures.get(call)
  if (known !== undefined) return known
  const json = parsed(call.input)
  const asked = 'value' in json ? JSON.stringify(sorted(json.value)) : call.input
  const signature = `${call.name} ${new Bun.CryptoHasher('sha256').update(asked).digest('base64')}`
  signatures.set(call, signature)
  return signature
}

/** A call that was made, with what came of it. */
export interface MadeCall {
  round: number
  call: ToolCall
  result: ToolResult
}

/** True when `call` would be the third in a row of the same. */
export function isThirdInARow(made: MadeCall[], call: ToolCall): boolean {
  const last = made.slice(-(SAME_CALLS_IN_A_ROW - 1))
  return last.length === SAME_CALLS_IN_A_ROW - 1 && last.every((each) => signatureOf(each.call) === signatureOf(call))
}

/** True when the latest calls lead nowhere: one tool says the same round after round, or the same calls come round and round. */
export function goesNowhere(made: MadeCall[]): boolean {
  const last = made.at(-1)
  if (!last) return false
  const isSame = ({ call, result }: MadeCall) => call.name === last.call.name && result.content === last.result.content
  const row = made.slice(made.findLastIndex((each) => !isSame(each)) + 1)
  if (new Set(row.map(({ round }) => round)).size >= SAME_RESULTS_IN_A_ROW) return true
  const signature = signatureOf(last.call)
  const same = made.filter(
    (each) => signatureOf(each.call) === signature && each.result.content === last.result.content,
  )
  return same.length >= SAME_OUTCOMES
}

function parsed(input: string): { value: unknown } | { problem: string } {
  try {
    return { value: input.trim() === '' ? {} : JSON.parse(input) }
  } catch (error) {
    return { problem: (error as SyntaxError).message }
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}

function inWords(issue: z.core.$ZodIssue): string {
  const path = z.core.toDotPath(issue.path)
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
