import { z } from 'zod'
import { EDIT_FORMATS } from '../../llm/model-table.ts'
import { PURPOSES } from '../../llm/provider.ts'
import { KINDS, SCHEMES } from '../../llm/setup/vendors.ts'
import { type Answer, says } from '../../web/openapi.ts'

const Source = z.enum(['environment', 'typed', 'usual', 'none'])
const Price = z.number().nullable().describe('USD per million tokens; null: not known.')
const PricesForm = z.object({ input: Price, output: Price, cacheRead: Price, cacheWrite: Price })

const FactsForm = z
  .object({
    known: z.boolean().describe('False: the table knows no such model, and this is what such models usually have.'),
    context: z.number().int().describe('Tokens of prompt and answer together.'),
    output: z.number().int().describe('Tokens of one answer at most.'),
    prices: PricesForm,
    long: PricesForm.extend({ above: z.number().int() })
      .optional()
      .describe('What the whole request costs once its prompt has more tokens than `above`.'),
    abilities: z.object({ tools: z.boolean(), schema: z.boolean(), vision: z.boolean() }),
    edits: z.enum(EDIT_FORMATS),
  })
  .meta({ id: 'ModelFacts' })

const ModelForm = z
  .object({
    id: z.string().describe('What a project names it by: `provider/model`.'),
    provider: z.string(),
    label: z.string(),
    demo: z.boolean(),
    local: z.boolean().describe('What it is asked stays in the own network.'),
    facts: FactsForm,
  })
  .meta({ id: 'Model' })

const ProviderForm = z
  .object({
    name: z.string(),
    kind: z.enum(KINDS),
    label: z.string(),
    named: z.boolean().describe('A server that the owner named.'),
    local: z.boolean(),
    usable: z.boolean(),
    baseUrl: z.string().nullable(),
    address: Source,
    addressSetting: z.string(),
    scheme: z.enum(SCHEMES),
    key: z.object({
      from: Source,
      setting: z.string().nullable(),
      ending: z.string().nullable().describe('The end of a long key. The key itself is never given out.'),
      setAt: z.number().int().nullable(),
      setBy: z.string().nullable(),
      trouble: z.string().nullable().describe('Why a stored key can’t be used.'),
    }),
    tried: z.object({ at: z.number().int(), ok: z.boolean(), says: z.string() }).nullable(),
  })
  .meta({ id: 'Provider' })

const OfferForm = z
  .object({
    kind: z.enum(KINDS),
    label: z.string(),
    name: z.string(),
    baseUrl: z.string(),
    models: z.array(z.string()),
  })
  .meta({ id: 'LocalServer' })

const SettingsForm = z
  .object({
    chains: z.array(z.object({ purpose: z.enum(PURPOSES), models: z.array(z.string()), now: z.array(z.string()) })),
    overrides: z.record(z.string(), z.unknown()).describe('What the owner knows better, by `provider/model`.'),
    tableDate: z.string(),
  })
  .meta({ id: 'ModelSettings' })

const TAG = 'Models'
const one = (): Record<number, Answer> => ({
  200: { says: 'The provider as it is now.', form: z.object({ provider: ProviderForm }) },
})

/** What the API of models says of itself. */
export const MODELS_SAY = {
  list: says('listModels', TAG, 'All models that can be asked now, with what is known of them', () => ({
    200: {
      says: 'The preferred provider’s first.',
      form: z.object({ items: z.array(ModelForm), tableDate: z.string() }),
    },
  })),
  providers: says('listProviders', TAG, 'All providers, and how they are set up', () => ({
    200: { says: 'Those that come with Hearth first.', form: z.object({ items: z.array(ProviderForm) }) },
  })),
  add: says('addProvider', TAG, 'Add a server of one’s own', () => ({
    201: { says: 'The provider.', form: z.object({ provider: ProviderForm }) },
  })),
  move: says('moveProvider', TAG, 'Give a provider another address; a typed key is forgotten with the old one', one),
  remove: says('removeProvider', TAG, 'Take away a server, or the address that was typed for a vendor', () => ({
    204: { says: 'It is gone, with its key.' },
  })),
  keepKey: says('keepKey', TAG, 'Keep a provider’s key, encrypted; it works at once', one),
  forgetKey: says('forgetKey', TAG, 'Forget a provider’s typed key', () => ({ 204: { says: 'It is forgotten.' } })),
  try: says(
    'tryProvider',
    TAG,
    'Ask a provider for its models, which is free, to see whether address and key are right',
    () => ({
      201: {
        says: 'What came back, in words.',
        form: z.object({ ok: z.boolean(), says: z.string(), models: z.array(z.string()), at: z.number().int() }),
      },
    }),
  ),
  offers: says('findLocalServers', TAG, 'Look for servers of models that are not set up', () => ({
    200: { says: 'What was found just now.', form: z.object({ items: z.array(OfferForm) }) },
  })),
  settings: says('getModelSettings', TAG, 'Whom to ask for each purpose, and what the owner knows of models', () => ({
    200: { says: 'The settings.', form: SettingsForm },
  })),
  set: says('setModelSettings', TAG, 'Set chains and facts; what is left out stays', () => ({
    200: { says: 'The settings as they are now.', form: SettingsForm },
  })),
}
