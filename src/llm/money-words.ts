import { amount } from './budget-question.ts'
import type { Limits } from './budgets.ts'
import type { CallSums } from './usage.ts'

/** What calls have cost, for a person. `≈`: some of their counts are guessed, or they are still under way. */
export function costWords({ calls, costMicros, keptAnswers, estimated, unpriced }: CallSums): string {
  const asked = calls - keptAnswers
  if (asked === 0) return amount('money', 0)
  if (unpriced === asked) return 'no price'
  return `${estimated > 0 ? '≈ ' : ''}${amount('money', costMicros)}`
}

/** The part of the input that came from a vendor's cache, in whole percent. */
export function cachedPercent({ inputTokens, cachedTokens }: Pick<CallSums, 'inputTokens' | 'cachedTokens'>): number {
  return inputTokens === 0 ? 0 : Math.round((100 * cachedTokens) / inputTokens)
}

/** A budget's limits as they stand in a form; empty for none. */
export function limitFields({ limitMicros, limitTokens }: Limits): { usd: string; tokens: string } {
  return {
    usd: limitMicros === null ? '' : usdField(limitMicros),
    tokens: limitTokens === null ? '' : `${limitTokens}`,
  }
}

/** 20000000 -> `20`, 2500000 -> `2.50`. */
export function usdField(micros: number): string {
  const dollars = micros / 1e6
  return Number.isInteger(dollars) || dollars < 0.01 ? `${dollars}` : dollars.toFixed(2)
}

/** A budget's limits in a sentence; null for none. */
export function limitWords({ limitMicros, limitTokens }: Limits): string | null {
  const money = limitMicros === null ? [] : [amount('money', limitMicros)]
  const tokens = limitTokens === null ? [] : [amount('tokens', limitTokens)]
  return [...money, ...tokens].join(' and ') || null
}
