import { z } from 'zod'
import { Invalid } from '../../errors.ts'
import { EDIT_FORMATS, type FactsOverride } from '../../llm/model-table.ts'
import { chooseModel } from '../../llm/models.ts'
import { type Provider, PURPOSES } from '../../llm/provider.ts'
import { SCHEMES } from '../../llm/setup/vendors.ts'

const CHAIN_AT_MOST = 10
const TOKENS_AT_MOST = 100_000_000
const DOLLARS_AT_MOST = 100_000

const ModelName = z
  .string()
  .max(300, 'takes at most 300 characters')
  .regex(/^[^/\s]+\/\S+$/, 'takes provider/model')
const Name = z.string('takes the name of a model').trim().min(1).max(300)
const Tokens = z.number('takes a whole number').int().min(256).max(TOKENS_AT_MOST)
const Dollars = z.number('takes a number').min(0).max(DOLLARS_AT_MOST).nullable()

const Facts = z.strictObject({
  context: Tokens.optional(),
  output: Tokens.optional(),
  prices: z
    .strictObject({ input: Dollars, output: Dollars, cacheRead: Dollars, cacheWrite: Dollars })
    .partial()
    .optional(),
  abilities: z.strictObject({ tools: z.boolean(), schema: z.boolean(), vision: z.boolean() }).partial().optional(),
  edits: z.enum(EDIT_FORMATS).optional(),
})

/** What the API takes. Fields that a route can't do without are asked for by its verb: an unknown provider is said first. */
export const NewServerBody = z.object({
  name: z.string('takes a name'),
  kind: z.enum(['compatible', 'ollama', 'anthropic'], 'takes compatible, ollama or anthropic').default('compatible'),
  baseUrl: z.string('takes an address'),
  scheme: z.enum(SCHEMES).optional(),
  key: z.string('takes a key').optional(),
})
export const AddressBody = z.object({
  baseUrl: z.string('takes an address').optional(),
  scheme: z.enum(SCHEMES).optional(),
})
export const KeyBody = z.object({ key: z.string('takes a key').optional() })
export const SettingsBody = z.object({
  chains: z.partialRecord(z.enum(PURPOSES), z.array(Name).max(CHAIN_AT_MOST)).default({}),
  overrides: z.record(ModelName, Facts.nullable()).default({}),
})

/** A chain as it may be kept: names that mean something now, each once. @throws Invalid `unknown_model` */
export function checkedChain(providers: Provider[], names: string[]): string[] {
  const chain = names.map((name) => name.trim()).filter((name) => name !== '')
  for (const name of chain) chooseModel(providers, name)
  return [...new Set(chain)]
}

const Field = z.string().trim().default('')
const FactsFields = z.object({
  model: z.string().trim().pipe(ModelName),
  context: Field,
  output: Field,
  input: Field,
  outputPrice: Field,
  cacheRead: Field,
  cacheWrite: Field,
  edits: Field,
  schema: z.enum(['', 'yes', 'no']).default(''),
})

/** The form of a model's facts on the page: a blank field says nothing, and all blank is what the table says. */
export function factsTyped(body: unknown): { model: string; facts: FactsOverride | null } {
  const typed = checked(FactsFields, body)
  const number = (text: string) => (text === '' ? undefined : Number(text.replaceAll(/[\s,_]/g, '')))
  const prices = defined({
    input: number(typed.input),
    output: number(typed.outputPrice),
    cacheRead: number(typed.cacheRead),
    cacheWrite: number(typed.cacheWrite),
  })
  const facts = defined({
    context: number(typed.context),
    output: number(typed.output),
    prices: Object.keys(prices).length > 0 ? prices : undefined,
    abilities: typed.schema === '' ? undefined : { schema: typed.schema === 'yes' },
    edits: typed.edits || undefined,
  })
  if (Object.keys(facts).length === 0) return { model: typed.model, facts: null }
  return { model: typed.model, facts: checked(Facts, facts) as FactsOverride }
}

/** A body of the right form. @throws Invalid `invalid_input`, which names the field and never repeats what was typed */
export function checked<T>(form: z.ZodType<T>, body: unknown): T {
  const read = form.safeParse(body ?? {})
  if (read.success) return read.data
  const { path, message } = read.error.issues[0]!
  const field = path.join('.')
  throw new Invalid('invalid_input', `The field “${field}” ${message}.`, { context: { field } })
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
