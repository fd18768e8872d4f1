import { type ModelFacts, modelsInTable, type Prices, pricesFor } from './model-table.ts'

/** US dollars per million tokens, which is millionths of a dollar per token. */
export interface Price {
  input: number
  output: number
  cacheRead: number
  cacheWrite: number
}

export type FactsOf = (provider: string, model: string) => ModelFacts

/** What the tokens of a request with so many of input cost; null for a model that has no price, as those on this machine. */
export type PriceFor = (inputTokens: number) => Price | null

/**
 * The price of a model. One that nobody knows, of a vendor that charges, is taken to be the dearest that this vendor has:
 * a bill must not run away for being new. Of a server that charges nothing, or that the table knows nothing of, it is null.
 */
export function priceIn(factsOf: FactsOf, provider: string, model: string): PriceFor {
  const facts = factsOf(provider, model)
  const known = facts.known && facts.prices.input !== null
  const candidates = known ? [facts] : modelsInTable(provider).map((each) => factsOf(provider, each))
  return (inputTokens) => dearest(candidates.map((each) => pricesFor(each, inputTokens)))
}

export function isPriced(price: PriceFor): boolean {
  return price(0) !== null
}

function dearest(prices: Prices[]): Price | null {
  const whole = prices.flatMap(({ input, output, cacheRead, cacheWrite }) =>
    input === null || output === null
      ? []
      : [{ input, output, cacheRead: cacheRead ?? input, cacheWrite: cacheWrite ?? input }],
  )
  if (whole.length === 0) return null
  const most = (what: keyof Price) => Math.max(...whole.map((price) => price[what]))
  return { input: most('input'), output: most('output'), cacheRead: most('cacheRead'), cacheWrite: most('cacheWrite') }
}
