import table from './model-table.json' with { type: 'json' }

/** USD per million tokens. Null: nobody has told Hearth. */
export interface Prices {
  input: number | null
  output: number | null
  /** Null where only this is unknown: such tokens are best counted as input. */
  cacheRead: number | null
  cacheWrite: number | null
}

export interface Abilities {
  tools: boolean
  /** Takes the shape that an answer must have. */
  schema: boolean
  vision: boolean
}

/** How a model best changes a file that is there. */
export const EDIT_FORMATS = ['whole', 'search-replace', 'diff'] as const
export type EditFormat = (typeof EDIT_FORMATS)[number]

/** What Hearth holds to be true of a model. */
export interface ModelFacts {
  /** False: neither the table nor the owner knows this model, and all of it is the vendor's usual. */
  known: boolean
  /** Tokens of prompt and answer together. */
  context: number
  /** Tokens of one answer at most, thinking included. */
  output: number
  prices: Prices
  /** What the whole request costs once its prompt has more than `above` tokens. */
  long?: Prices & { above: number }
  abilities: Abilities
  edits: EditFormat
}

/** What the owner knows better. */
export interface FactsOverride {
  context?: number
  output?: number
  /** Given prices hold for prompts of every length. */
  prices?: Partial<Prices>
  abilities?: Partial<Abilities>
  edits?: EditFormat
}

/** By `provider/model`. */
export type FactsOverrides = Readonly<Record<string, FactsOverride>>

interface Row {
  id?: string
  also?: string[]
  window: number[]
  prices?: (number | null)[]
  long?: (number | null)[]
  tools?: boolean
  schema?: boolean
  vision?: boolean
  edits?: string
}

interface Vendor {
  source: string
  unknown: Row
  models: Row[]
  small?: string
  second?: string
}

const VENDORS = new Map(Object.entries(table.vendors as Record<string, Vendor>))

/** The day that the table was last looked over, `YYYY-MM-DD`. */
export const TABLE_DATE = table.date

/** For a model of a server that the table says nothing about: what most local models can do. Its prices are unknown. */
const ANY_MODEL: Row = { window: [32_768, 8_192], vision: false, edits: 'whole' }

/** What a dated or preview id adds to the name of its model: `-20251001`, `-2025-08-07`, `-0709`, `-preview-05-20`, `-latest`. */
const SAME_MODEL = /^-(?:latest|preview|\d{8}|\d{4}-\d{2}-\d{2}|\d{3,4}|preview-\d{2}-(?:\d{2}|\d{4}))$/

/**
 * What is known of a model; of one that nobody knows, what its vendor's models usually have, without prices, and
 * `known: false`. What the owner says (`overrides`) holds above the table.
 */
export function factsOf(provider: string, model: string, overrides: FactsOverrides = {}): ModelFacts {
  const vendor = VENDORS.get(provider)
  const row = vendor?.models.find((one) => isModel(one, model))
  const said = overrides[`${provider}/${model}`]
  const facts = factsIn(row ?? vendor?.unknown ?? ANY_MODEL)
  return { ...overridden(facts, said), known: row !== undefined || said !== undefined }
}

/** What a request with a prompt of so many tokens is charged by. */
export function pricesFor({ prices, long }: ModelFacts, inputTokens: number): Prices {
  return long && inputTokens > long.above ? long : prices
}

/** The ids that the table has of a provider, the newest first. */
export function modelsInTable(provider: string): string[] {
  return (VENDORS.get(provider)?.models ?? []).map(({ id }) => id!)
}

/** What a vendor's models are for when nobody says: the first of the table, the small one, and the one that stands in for the first. */
export function usualModels(provider: string): { defaultModel: string; smallModel?: string; secondModel?: string } {
  const { models, small, second } = VENDORS.get(provider)!
  return {
    defaultModel: models[0]!.id!,
    ...(small ? { smallModel: small } : {}),
    ...(second ? { secondModel: second } : {}),
  }
}

/** Where a provider's figures come from, in words. */
export function sourceOf(provider: string): string | undefined {
  return VENDORS.get(provider)?.source
}

function isModel({ id, also = [] }: Row, model: string): boolean {
  return [id!, ...also].some(
    (name) => model === name || (model.startsWith(name) && SAME_MODEL.test(model.slice(name.length))),
  )
}

function factsIn(row: Row): ModelFacts {
  const [context, output] = row.window as [number, number]
  const { tools = true, schema = true, vision = true, edits = 'search-replace' } = row
  return {
    known: true,
    context,
    output,
    prices: pricesIn(row.prices),
    ...(row.long && { long: { above: row.long[0]!, ...pricesIn(row.long.slice(1)) } }),
    abilities: { tools, schema, vision },
    edits: edits as EditFormat,
  }
}

function pricesIn([input = null, output = null, cacheRead = null, cacheWrite = null]: (number | null)[] = []): Prices {
  return { input, output, cacheRead, cacheWrite }
}

function overridden(facts: ModelFacts, said: FactsOverride | undefined): ModelFacts {
  if (!said) return facts
  const { prices, abilities, ...rest } = said
  const { long, ...plain } = facts
  return {
    ...plain,
    ...(prices ? {} : { long }),
    ...rest,
    prices: { ...facts.prices, ...prices },
    abilities: { ...facts.abilities, ...abilities },
  }
}
