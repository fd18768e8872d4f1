import { Elysia } from 'elysia'
import { z } from 'zod'
import { type DomainError, Invalid } from '../../errors.ts'
import { type Budget, type BudgetKey, HOUSE } from '../../llm/budgets.ts'
import type { RaiseDeps } from '../../llm/raise.ts'
import type { CallSums } from '../../llm/usage.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { type PageData, page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { USAGE_SAYS } from './answers.ts'
import {
  budgetViews,
  changeBudget,
  DOLLARS_AT_MOST,
  isOwner,
  KEYS,
  limitsOfForm,
  TOKENS_AT_MOST,
  toMicros,
} from './budgets.ts'
import { inWords, REPORTS, report } from './report.ts'

const DAY_MS = 24 * 3_600_000
const USUAL_DAYS = 30

export interface UsageRoutesDeps extends RaiseDeps {
  door: Guard
  /** What the layout draws around a page of this person. */
  shell: (actor: Actor, title: string) => Promise<PageData['shell']>
}

const By = z.enum(REPORTS, `takes one of ${REPORTS.join(', ')}`).default('day')
const When = z.coerce.number('takes a time in ms since the epoch').int().min(0).max(8.64e15)
const Wanted = z.object({ by: By, from: When.optional(), to: When.optional(), project: z.string().max(64).optional() })
const limit = (most: number) => z.number('takes a number, or null for no limit').min(0).max(most).nullable().optional()
const Limits = z.object({ limitUsd: limit(DOLLARS_AT_MOST), limitTokens: limit(TOKENS_AT_MOST) })

/** The page of usage and budgets, its forms, and the API. Everybody sees what is theirs, the owner all. */
export const usageRoutes = (deps: UsageRoutesDeps) =>
  new Elysia({ name: 'usage' }).use(deps.door).use(usageApi(deps)).use(usagePages(deps))

function usageApi(deps: UsageRoutesDeps) {
  const { read } = deps.db
  const app = new Elysia()
    .use(deps.door)
    .get(
      '/api/usage',
      async ({ query: { by, project, ...query }, actor }) => {
        const { from, to } = span(deps, query)
        const { items, total } = await report(read, { by, from, to, scope: project, ...ownOnly(actor) })
        const rows = items.map(({ key, label, ...sums }) => ({ key, label, ...sumsJson(sums) }))
        return { by, from, to, items: rows, total: sumsJson(total) }
      },
      { query: Wanted, ...USAGE_SAYS.usage },
    )
    .get(
      '/api/budgets',
      async ({ actor }) => ({ items: (await budgetViews({ ...deps, read }, actor)).map(budgetJson) }),
      USAGE_SAYS.budgets,
    )
    .put('/api/budgets/house', ({ body, actor }) => changed(deps, HOUSE, body, actor), {
      body: Limits,
      ...USAGE_SAYS.house,
    })
  for (const whose of ['people', 'projects'] as const)
    app.put(
      `/api/budgets/${whose}/:id`,
      ({ params, body, actor }) => changed(deps, KEYS[whose](params.id), body, actor),
      { body: Limits, ...USAGE_SAYS[whose] },
    )
  return app
}

async function changed(deps: RaiseDeps, key: BudgetKey, body: z.infer<typeof Limits>, actor: Actor) {
  const { limitUsd, limitTokens } = body
  const limits = {
    ...(limitUsd === undefined ? {} : { limitMicros: limitUsd === null ? null : toMicros(limitUsd) }),
    ...(limitTokens === undefined ? {} : { limitTokens: limitTokens === null ? null : Math.round(limitTokens) }),
  }
  return { budget: budgetJson(await changeBudget(deps, key, limits, actor)) }
}

const Shown = z.object({
  by: By,
  days: z.coerce.number('takes a number of days').int().min(1).max(366).default(USUAL_DAYS),
  project: z.string().max(64).optional(),
})
const Form = z
  .object({
    usd: z.string().max(40).optional(),
    tokens: z.string().max(40).optional(),
    /** The project whose page the form was on. */
    project: z.string().max(64).optional(),
  })
  .nullish()

function usagePages(deps: UsageRoutesDeps) {
  const app = new Elysia()
    .use(deps.door)
    .get('/usage', ({ request, query, actor }) => usagePage(deps, request, actor, query), { query: Shown })
    .post('/budgets/house', ({ request, body, actor }) => answered(deps, request, HOUSE, body ?? {}, actor), {
      body: Form,
    })
  for (const whose of ['people', 'projects'] as const)
    app.post(
      `/budgets/${whose}/:id`,
      ({ request, params, body, actor }) => answered(deps, request, KEYS[whose](params.id), body ?? {}, actor),
      { body: Form },
    )
  return app
}

/** Back to where the form was, or the page of usage with what was wrong. */
async function answered(
  deps: UsageRoutesDeps,
  request: Request,
  key: BudgetKey,
  { project, ...fields }: NonNullable<z.infer<typeof Form>>,
  actor: Actor,
): Promise<Response> {
  try {
    await changeBudget(deps, key, limitsOfForm(fields), actor)
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    return usagePage(deps, request, actor, Shown.parse({}), error)
  }
  const location = project ? `/projects/${encodeURIComponent(project)}` : '/usage'
  return new Response(null, { status: 303, headers: { location } })
}

async function usagePage(
  deps: UsageRoutesDeps,
  request: Request,
  actor: Actor,
  { by, days, project }: z.infer<typeof Shown>,
  error?: DomainError,
): Promise<Response> {
  const { read } = deps.db
  const { from, to } = span(deps, { from: deps.now() - days * DAY_MS })
  const { items, total } = await report(read, { by, from, to, scope: project, ...ownOnly(actor) })
  const data = {
    shell: await deps.shell(actor, 'Usage'),
    by,
    days,
    project: project ?? null,
    isOwner: isOwner(actor),
    rows: items.map(inWords),
    total: inWords(total),
    budgets: await budgetViews({ ...deps, read }, actor),
    error: error ?? null,
  }
  return page(request, 'ops/usage', data, { status: error ? statusOf(error) : 200 })
}

/** @throws Invalid `invalid_input` when it is over before it began */
function span({ now }: RaiseDeps, { from, to = now() + 1 }: { from?: number | undefined; to?: number | undefined }) {
  const since = from ?? to - USUAL_DAYS * DAY_MS
  if (since <= to && to - since <= 3_700 * DAY_MS) return { from: since, to }
  throw new Invalid('invalid_input', 'The field “from” takes a time before “to”, ten years at most.', {
    context: { field: 'from' },
  })
}

function ownOnly(actor: Actor): { person?: string } {
  return isOwner(actor) ? {} : { person: `person:${actor.id}` }
}

function sumsJson(sums: CallSums) {
  const { cachedPercent } = inWords(sums)
  const { calls, inputTokens, outputTokens, cachedTokens, cacheWriteTokens, costMicros } = sums
  const { keptAnswers, estimated, unpriced } = sums
  const counts = { calls, inputTokens, outputTokens, cachedTokens, cacheWriteTokens }
  return { ...counts, cachedPercent, costUsd: costMicros / 1e6, keptAnswers, estimated, unpriced }
}

function budgetJson({ kind, id, limitMicros, limitTokens, micros, tokens, until, isSet }: Budget) {
  const limitUsd = limitMicros === null ? null : limitMicros / 1e6
  return { kind, id, limitUsd, limitTokens, usedUsd: micros / 1e6, usedTokens: tokens, until, isSet }
}
