import { and, eq, gte, type SQL, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Cost } from './cost.ts'
import { periodOf } from './periods.ts'
import type { Account } from './provider.ts'
import { type BudgetKind, budgets, modelCalls } from './tables.ts'

/** Whose budget: the house's (`id` is empty), a person's (`person:<id>`) or a project's. */
export interface BudgetKey {
  kind: BudgetKind
  id: string
}

/** Millionths of a US dollar, and tokens in and out; null is no limit. */
export interface Limits {
  limitMicros: number | null
  limitTokens: number | null
}

/** What has been used of a budget in its period; of that, `open` is reserved for calls that have not ended. */
export interface Spent {
  micros: number
  tokens: number
  openMicros: number
  openTokens: number
}

/** A budget as it stands. */
export interface Budget extends BudgetKey, Limits, Spent {
  /** When it begins anew; null: never. */
  until: number | null
  /** False for what the settings say. */
  isSet: boolean
}

export const HOUSE: BudgetKey = { kind: 'house', id: '' }

export interface BudgetDeps {
  now: () => number
  /** The house's limit a day where nobody has set one, millionths of a US dollar; null is none. */
  dailyMicros: number | null
}

/** A budget and what is used of it. */
export async function budgetOf(deps: BudgetDeps, read: Reader, key: BudgetKey): Promise<Budget> {
  const [limits] = await limitsOf(deps, read, [key])
  return withSpent(deps, read, limits!)
}

async function withSpent({ now }: BudgetDeps, read: Reader, limits: SetLimits): Promise<Budget> {
  const { since, until } = periodOf(limits.kind, now())
  return { ...limits, ...(await spent(read, limits, since)), until }
}

/** Which budget does not allow a call, and why. */
export interface Reached {
  budget: Budget
  unit: 'money' | 'tokens'
  /** What the call would take, in the unit's measure. */
  next: number
  /** True when there is room again as soon as other calls have ended, and taken less than was reserved for them. */
  passes: boolean
}

/** The first budget that does not allow a call of this cost; the project's first, then the person's, then the house's. */
export async function reachedBy(
  deps: BudgetDeps,
  read: Reader,
  account: Account | undefined,
  cost: Cost,
): Promise<Reached | undefined> {
  for (const limits of await limitsOf(deps, read, keysOf(account))) {
    if (limits.limitMicros === null && limits.limitTokens === null) continue
    const reached = refusal(await withSpent(deps, read, limits), cost)
    if (reached) return reached
  }
  return undefined
}

function keysOf(account: Account | undefined): BudgetKey[] {
  const project: BudgetKey[] = account?.scope ? [{ kind: 'project', id: account.scope }] : []
  const person: BudgetKey[] = account?.person ? [{ kind: 'person', id: account.person }] : []
  return [...project, ...person, HOUSE]
}

/** A call that costs nothing is no matter of money. */
function refusal(budget: Budget, { costMicros, inputTokens, outputTokens }: Cost): Reached | undefined {
  const { limitMicros, limitTokens, micros, openMicros, tokens, openTokens } = budget
  const wanted = inputTokens + outputTokens
  if (limitMicros !== null && costMicros > 0 && micros + costMicros > limitMicros)
    return { budget, unit: 'money', next: costMicros, passes: micros - openMicros + costMicros <= limitMicros }
  if (limitTokens !== null && tokens + wanted > limitTokens)
    return { budget, unit: 'tokens', next: wanted, passes: tokens - openTokens + wanted <= limitTokens }
  return undefined
}

/** A budget without what is used of it. */
type SetLimits = BudgetKey & Limits & Pick<Budget, 'isSet'>

/** The limits that hold at this moment, in the order of the keys. */
export async function limitsOf({ dailyMicros }: BudgetDeps, read: Reader, keys: BudgetKey[]): Promise<SetLimits[]> {
  const asked = sql`(${budgets.kind}, ${budgets.id}) in (select value ->> 'kind', value ->> 'id' from json_each(${JSON.stringify(keys)}))`
  const rows = await read.select().from(budgets).where(asked)
  return keys.map(({ kind, id }) => {
    const row = rows.find((each) => each.kind === kind && each.id === id)
    const { limitMicros, limitTokens } = row ?? {
      limitMicros: kind === 'house' ? dailyMicros : null,
      limitTokens: null,
    }
    return { kind, id, limitMicros, limitTokens, isSet: row !== undefined }
  })
}

async function spent(read: Reader, { kind, id }: BudgetKey, since: number): Promise<Spent> {
  const whose: Record<BudgetKind, SQL | undefined> = {
    house: undefined,
    person: eq(modelCalls.person, id),
    project: eq(modelCalls.scope, id),
  }
  const tokens = sql`input_tokens + output_tokens`
  const [row] = await read
    .select({
      micros: sql<number>`coalesce(sum(cost_micros), 0)`,
      tokens: sql<number>`coalesce(sum(${tokens}), 0)`,
      openMicros: sql<number>`coalesce(sum(cost_micros) filter (where closed_at is null), 0)`,
      openTokens: sql<number>`coalesce(sum(${tokens}) filter (where closed_at is null), 0)`,
    })
    .from(modelCalls)
    .where(and(whose[kind], gte(modelCalls.openedAt, since)))
  return row!
}
