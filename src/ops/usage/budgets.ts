import { and, eq, gte, inArray, isNotNull } from 'drizzle-orm'
import { accounts } from '../../accounts/tables.ts'
import type { Reader } from '../../db/open.ts'
import { Forbidden, Invalid, NotFound } from '../../errors.ts'
import { amount } from '../../llm/budget-question.ts'
import { type Budget, type BudgetDeps, type BudgetKey, budgetOf, HOUSE, type Limits } from '../../llm/budgets.ts'
import { limitFields, limitWords } from '../../llm/money-words.ts'
import { periodOf } from '../../llm/periods.ts'
import { type RaiseDeps, setBudget } from '../../llm/raise.ts'
import { type BudgetKind, budgets, modelCalls } from '../../llm/tables.ts'
import { budgetPath } from '../../projects/money.ts'
import { projectById } from '../../projects/projects.ts'
import { projects } from '../../projects/tables.ts'
import type { Actor } from '../../web/guard.ts'
import { namesOfPeople, namesOfProjects } from './report.ts'

/** Budgets of people, and of projects, that are listed. */
const MOST = 100

/** The highest limits: in millionths of a dollar, with all that is used beside it, still a number that can be counted with. */
export const DOLLARS_AT_MOST = 1e9
export const TOKENS_AT_MOST = 1e12

/** Whose budget an address names: `people/<account>` or `projects/<id>`. */
export const KEYS = {
  people: (id: string): BudgetKey => ({ kind: 'person', id: `person:${id}` }),
  projects: (id: string): BudgetKey => ({ kind: 'project', id }),
} as const

/** A budget as the page shows it. */
export interface BudgetView extends Budget {
  name: string
  used: string
  limit: string | null
  fields: { usd: string; tokens: string }
  action: string
  mayChange: boolean
}

/**
 * The budgets that somebody may see: the owner the house's, everybody's who has used something this month, and each that was
 * set; others the house's, their own, and those of the projects that they have made.
 */
export async function budgetViews(deps: BudgetDeps & { read: Reader }, actor: Actor): Promise<BudgetView[]> {
  const { read } = deps
  const keys = isOwner(actor) ? await allKeys(deps) : await ownKeys(read, actor)
  const people = await namesOfPeople(read, idsOf(keys, 'person'))
  const named = await namesOfProjects(read, idsOf(keys, 'project'))
  const views: BudgetView[] = []
  for (const key of keys) {
    const name = key.kind === 'house' ? 'Everybody together, a day' : (people.get(key.id) ?? named.get(key.id))?.label
    if (name === undefined) continue // its project or person is gone
    const mayChange = isOwner(actor) || (key.kind === 'project' && actor.scopes.includes('write'))
    views.push(viewOf(await budgetOf(deps, read, key), name, mayChange))
  }
  return views
}

function viewOf(budget: Budget, name: string, mayChange: boolean): BudgetView {
  return {
    ...budget,
    name: budget.kind === 'person' ? `${name}, a month` : name,
    used: `${amount('money', budget.micros)} and ${amount('tokens', budget.tokens)}`,
    limit: limitWords(budget),
    fields: limitFields(budget),
    action: budgetPath(budget),
    mayChange,
  }
}

async function allKeys({ read, now }: BudgetDeps & { read: Reader }): Promise<BudgetKey[]> {
  const { since } = periodOf('person', now())
  const set = await read.select({ kind: budgets.kind, id: budgets.id }).from(budgets).limit(MOST)
  const active = await read
    .selectDistinct({ id: modelCalls.person })
    .from(modelCalls)
    .where(and(gte(modelCalls.openedAt, since), isNotNull(modelCalls.person)))
    .limit(MOST)
  const people = new Set([...active.flatMap(({ id }) => id ?? []), ...idsOf(set, 'person')])
  return [
    HOUSE,
    ...[...people].map((id) => ({ kind: 'person' as const, id })),
    ...set.filter(({ kind }) => kind === 'project'),
  ]
}

async function ownKeys(read: Reader, { id }: Actor): Promise<BudgetKey[]> {
  const mine = read
    .select({ id: projects.id })
    .from(projects)
    .where(eq(projects.createdBy, `person:${id}`))
  const set = await read
    .select({ kind: budgets.kind, id: budgets.id })
    .from(budgets)
    .where(and(eq(budgets.kind, 'project'), inArray(budgets.id, mine)))
    .limit(MOST)
  return [HOUSE, KEYS.people(id), ...set]
}

function idsOf(keys: BudgetKey[], of: BudgetKind): string[] {
  return keys.filter(({ kind }) => kind === of).map(({ id }) => id)
}

/**
 * Sets a budget, for those who may: the owner each, whoever made a project also that project's.
 * @throws NotFound `unknown_project`, `unknown_account`; Forbidden `owner_only`
 */
export async function changeBudget(
  deps: RaiseDeps,
  key: BudgetKey,
  limits: Partial<Limits>,
  actor: Actor,
): Promise<Budget> {
  await mayChange(deps.db.read, key, actor)
  return setBudget(deps, key, limits, `person:${actor.id}`)
}

async function mayChange(read: Reader, { kind, id }: BudgetKey, actor: Actor): Promise<void> {
  const project = kind === 'project' ? await projectById(read, id) : undefined
  if (kind === 'person') await mustBeThere(read, id.replace(/^person:/, ''))
  if (isOwner(actor)) return
  if (project?.createdBy === `person:${actor.id}`) return
  const who = project ? 'Only the owner, and whoever made the project,' : 'Only the owner'
  throw new Forbidden('owner_only', `${who} can change this budget. Ask for what you need.`)
}

async function mustBeThere(read: Reader, id: string): Promise<void> {
  const [row] = await read.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, id))
  if (!row) throw new NotFound('account', id)
}

export function isOwner({ scopes }: Actor): boolean {
  return scopes.includes('admin')
}

/** What a form says of limits: a field that is not there changes nothing, an empty one takes the limit away. @throws Invalid `bad_budget` */
export function limitsOfForm({
  usd,
  tokens,
}: {
  usd?: string | undefined
  tokens?: string | undefined
}): Partial<Limits> {
  return {
    ...(usd === undefined ? {} : { limitMicros: usd.trim() === '' ? null : toMicros(numberIn(usd, DOLLARS_AT_MOST)) }),
    ...(tokens === undefined
      ? {}
      : { limitTokens: tokens.trim() === '' ? null : Math.round(numberIn(tokens, TOKENS_AT_MOST)) }),
  }
}

export function toMicros(dollars: number): number {
  return Math.round(dollars * 1e6)
}

/** `1,500` and `1 500` are how people write it; `2,50` is, too. */
function numberIn(text: string, most: number): number {
  const plain = text
    .trim()
    .replace(/[\s_]|,(?=\d{3}(?:\D|$))/g, '')
    .replace(',', '.')
  const value = /^\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN
  if (value <= most) return value
  throw new Invalid('bad_budget', 'A budget is an amount as 20 or 2.50, or nothing for no limit. Look at it again.')
}
