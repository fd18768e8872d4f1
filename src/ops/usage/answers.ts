import { z } from 'zod'
import { type Answer, says } from '../../web/openapi.ts'

const Time = z.number().int().describe('ms since the epoch')
const Usd = z.number().describe('US dollars')

export const SumsForm = z
  .object({
    calls: z.number().int(),
    inputTokens: z.number().int().describe('Those that a vendor’s cache gave or took are in it.'),
    outputTokens: z.number().int().describe('Thinking is in it.'),
    cachedTokens: z.number().int(),
    cacheWriteTokens: z.number().int(),
    cachedPercent: z.number().int().describe('The part of the input that came from a vendor’s cache.'),
    costUsd: Usd.describe('US dollars; calls that are under way count with what is set aside for them.'),
    keptAnswers: z.number().int().describe('Calls that were answered from what Hearth had kept.'),
    estimated: z.number().int().describe('Calls whose counts are not, or not all, the provider’s own.'),
    unpriced: z.number().int().describe('Calls to models without a price: they count as free.'),
  })
  .meta({ id: 'UsageSums' })

const RowForm = SumsForm.extend({
  key: z.string().nullable().describe('A day, or the id of a project, person or job, or provider/model.'),
  label: z.string(),
})

export const BudgetForm = z
  .object({
    kind: z.enum(['house', 'person', 'project']),
    id: z.string().describe('person:<account>, the project’s id, or empty for the house.'),
    limitUsd: Usd.nullable(),
    limitTokens: z.number().int().nullable(),
    usedUsd: Usd.describe('US dollars, with what is set aside for calls that are under way.'),
    usedTokens: z.number().int(),
    until: Time.nullable().describe('When it begins anew; null: never.'),
    isSet: z.boolean().describe('False where the settings say it.'),
  })
  .meta({ id: 'Budget' })

const TAG = 'Usage'
const set = (): Record<number, Answer> => ({
  200: { says: 'The budget as it is now. Jobs that its limit held go on.', form: z.object({ budget: BudgetForm }) },
})

/** What the API of usage and budgets says of itself. */
export const USAGE_SAYS = {
  usage: says('getUsage', TAG, 'What models took, by day, person, project, job or model', () => ({
    200: {
      says: 'The newest days, or the dearest others, first: 200 at most. Without being the owner: one’s own.',
      form: z.object({ by: z.string(), from: Time, to: Time, items: z.array(RowForm), total: SumsForm }),
    },
  })),
  budgets: says('listBudgets', TAG, 'The budgets, and what is used of them', () => ({
    200: { says: 'The house’s first.', form: z.object({ items: z.array(BudgetForm) }) },
  })),
  house: says('setHouseBudget', TAG, 'Set what everybody together may use in a day', set),
  people: says('setPersonBudget', TAG, 'Set what somebody may use in a month', set),
  projects: says('setProjectBudget', TAG, 'Set what a project may use in all', set),
}
