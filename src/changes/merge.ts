import { isDeepStrictEqual } from 'node:util'
import { type MergeRegion, mergeTexts, type Side, settledText } from '../files/merge.ts'

/** The field that stands for a thing as a whole: whether it is there at all. */
export const WHOLE = 'whole'

/** A state that two sides changed; null where it isn't there. */
export interface Merging<State> {
  base: State | null
  /** What the author of the change wants. */
  mine: State | null
  /** What is there now. */
  theirs: State | null
  choose: Chooser
  /** What both sides have changed is in dispute even where they agree. */
  strictly?: boolean
}

/** What a person decided for a field, and for one of its disputed places where it is a text, counted from 0. */
export type Chooser = (field: string, place?: number) => Side | undefined

/** A field that both sides changed, each in its own way. */
export interface Dispute {
  field: string
  base: unknown
  mine: unknown
  theirs: unknown
  /** Of a text: its lines, with the disputed ones among them. */
  regions?: MergeRegion[]
}

export type Merged<State> = { state: State | null } | { disputes: Dispute[] }

type Fields = Record<string, unknown>

/** How it is decided what both sides have changed. */
type Rules = Pick<Merging<unknown>, 'choose' | 'strictly'>
type Three<T> = [base: T, mine: T, theirs: T]

/**
 * Merges field by field: what one side alone has changed is taken; what both have changed alike is agreed on; `texts` are
 * merged line by line. Whether the thing is there at all is a field of its own.
 */
export function mergeStates<State>(states: Merging<State>, texts: readonly string[] = []): Merged<State> {
  const { base, mine, theirs } = states
  if (mine === null || theirs === null || base === null) return mergeExistence(states)
  const disputes: Dispute[] = []
  const state: Fields = {}
  const [from, my, their] = [base, mine, theirs] as Three<Fields>
  for (const field of new Set([...Object.keys(their), ...Object.keys(my)])) {
    const values: Three<unknown> = [from[field], my[field], their[field]]
    const merged =
      texts.includes(field) && areTexts(values) ? mergeText(field, values, states) : mergeValue(field, values, states)
    if ('dispute' in merged) disputes.push(merged.dispute)
    else if (merged.value !== undefined) state[field] = merged.value
  }
  return disputes.length > 0 ? { disputes } : { state: state as State }
}

/** The text of a field, or of a file, merged. A choice for the whole field is one for each of its disputed places. */
export function mergeText(
  field: string,
  [base, mine, theirs]: Three<string>,
  { choose, strictly = false }: Rules,
): { value: string } | { dispute: Dispute } {
  const regions = mergeTexts(base, mine, theirs, strictly)
  const value = settledText(regions, (place) => choose(field, place) ?? choose(field))
  return value === undefined ? { dispute: { field, base, mine, theirs, regions } } : { value }
}

/** The value that one side alone has changed, or that a person has chosen; else the dispute. */
export function mergeValue(
  field: string,
  [base, mine, theirs]: Three<unknown>,
  { choose, strictly = false }: Rules,
): { value: unknown } | { dispute: Dispute } {
  if (same(mine, base) || (same(mine, theirs) && !strictly)) return { value: theirs }
  if (same(theirs, base)) return { value: mine }
  const side = choose(field)
  if (side === 'mine' || side === 'theirs' || side === 'base') return { value: { base, mine, theirs }[side] }
  return { dispute: { field, base, mine, theirs } }
}

/** One side has removed the thing, or both have made it: only what is equal merges. */
export function mergeExistence<State>(states: Merging<State>): Merged<State> {
  const merged = mergeValue(WHOLE, [states.base, states.mine, states.theirs], states)
  return 'value' in merged ? { state: merged.value as State | null } : { disputes: [merged.dispute] }
}

function areTexts(values: Three<unknown>): values is Three<string> {
  return values.every((value) => typeof value === 'string')
}

function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a ?? null, b ?? null)
}
