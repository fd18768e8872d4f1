import { expect, test } from 'bun:test'
import { DomainError } from '../../src/errors.ts'
import { Hold, Snooze } from '../../src/jobs/handler.ts'
import type { BudgetQuestion } from '../../src/llm/budget-question.ts'
import { type BudgetKey, budgetOf, HOUSE } from '../../src/llm/budgets.ts'
import { renewBudgets, setBudget } from '../../src/llm/raise.ts'
import { throughChain } from '../../src/llm/through-chain.ts'
import { until } from '../support/jobs.ts'
import { account, type Ledger, ledger, RESERVED, whole } from './ledger.ts'

/** What a whole answer costs, millionths of a dollar: less than what is reserved for it. */
const SPENT = 100 + 50 * 10
const DAY_MS = 24 * 3_600_000
const PROJECT: BudgetKey = { kind: 'project', id: 'project-1' }
const ADA: BudgetKey = { kind: 'person', id: 'person:ada' }

const limit = (books: Ledger, key: BudgetKey, limitMicros: number | null, limitTokens: number | null = null) =>
  setBudget({ ...books.deps, ...books.limits }, key, { limitMicros, limitTokens }, 'person:owner')

/** A job of a project that asks once, and is done. */
async function asking(books: Ledger, scope = PROJECT.id) {
  books.handle('write', async ({ job: { id: job, attempt, ...of }, signal }) => {
    await books.hear({ account: account({ scope: of.scope, job, attempt }) }, signal)
    return { result: 'done' }
  })
  return books.enqueue('write', { scope })
}

async function refusal(asked: Promise<unknown>): Promise<DomainError> {
  const thrown = await asked.then(
    () => undefined,
    (error) => error,
  )
  expect(thrown).toBeInstanceOf(DomainError)
  return thrown as DomainError
}

test.each([
  ['the project', PROJECT, /^The budget for this project, 0\.01 USD, is reached: 0\.0006 USD are used/],
  ['the person', ADA, /^This month’s budget for this person/],
  ['the house', HOUSE, /^Today’s budget for everybody/],
] as const)(
  'a call that would exceed the budget of %s is not made, and says what it would take',
  async (_, key, said) => {
    await using books = await ledger()
    await limit(books, key, RESERVED.costMicros)
    await books.hear({ account: account() })
    const error = await refusal(books.hear({ account: account() }))
    expect(error.code).toBe('budget_reached')
    expect(error.message).toMatch(said)
    expect(error.context).toMatchObject({ ...key, unit: 'money', limit: RESERVED.costMicros, used: SPENT })
    expect(books.asked.length).toBe(1)
    expect((await books.calls()).length).toBe(1)
  },
)

test('tokens have a limit of their own, which also holds for models without a price', async () => {
  await using books = await ledger()
  await limit(books, PROJECT, 0, 1_200)
  await books.hear({ model: 'local', account: account() })
  const error = await refusal(books.hear({ model: 'local', account: account() }))
  expect(error.context).toMatchObject({ unit: 'tokens', limit: 1_200, used: 150 })
})

test('another project, and another person, are not held by what is not theirs', async () => {
  await using books = await ledger()
  await limit(books, PROJECT, 0)
  await limit(books, ADA, 0)
  await books.hear({ account: account({ scope: 'project-2', person: 'person:bob' }) })
  await refusal(books.hear({ account: account({ person: 'person:bob' }) }))
  await refusal(books.hear({ account: account({ scope: 'project-2' }) }))
  expect(books.asked.length).toBe(1)
})

test('of calls at the same moment, no more come through than the budget has room for', async () => {
  await using books = await ledger()
  const stuck = Promise.withResolvers<void>()
  books.answers[0] = async function* () {
    await stuck.promise
    yield* whole()
  }
  await limit(books, HOUSE, 3 * RESERVED.costMicros)
  const hearing = Array.from({ length: 10 }, () => books.hear({ account: account({ job: 'job-1', attempt: 1 }) }))
  const ended = await Promise.all(hearing.slice(3).map((each) => each.catch((error) => error)))
  expect(books.asked.length).toBe(3)
  expect(ended.map((error) => [error instanceof Snooze, error.reason.code])).toEqual(
    ended.map(() => [true, 'budget_busy']), // there will be room: what is reserved is more than what is used
  )
  stuck.resolve()
  await Promise.all(hearing.slice(0, 3))
  expect(await budgetOf({ ...books.deps, ...books.limits }, books.db.read, HOUSE)).toMatchObject({
    micros: 3 * SPENT,
    openMicros: 0,
  })
})

test('a job whose budget is set aside for another waits for that one’s end, and is not held', async () => {
  await using books = await ledger({ dailyMicros: RESERVED.costMicros + SPENT })
  const stuck = Promise.withResolvers<void>()
  books.answers[0] = async function* () {
    await stuck.promise
    yield* whole()
  }
  const jobs = [await asking(books), await asking(books, 'project-2')]
  await books.work({ write: 2 })
  const isPutOff = (id: string) => books.told.some(({ job, body }) => job === id && body.reason === 'budget_busy')
  await until(() => jobs.some(({ id }) => isPutOff(id)))
  const [first, second] = isPutOff(jobs[0]!.id) ? jobs.reverse() : jobs
  stuck.resolve()
  await books.heard(first!.id, 'job.succeeded')
  books.pass(5_000)
  await books.heard(second!.id, 'job.succeeded')
  expect((await books.job(second!.id)).failures).toBe(0)
})

test('near the end of a budget the tokens are counted, since the first guess is too careful', async () => {
  await using books = await ledger()
  // 300 letters are reserved for with 100 tokens; this text has fewer
  await limit(books, PROJECT, RESERVED.costMicros - 10)
  await books.hear({ account: account() })
  expect(books.asked.length).toBe(1)
})

test('a job at the limit is held with the question; raising that limit, and no other, lets it go on', async () => {
  await using books = await ledger()
  await limit(books, PROJECT, 5_000)
  await limit(books, ADA, 1_000_000)
  const job = await asking(books)
  const other = await asking(books, 'project-2')
  await limit(books, { kind: 'project', id: 'project-2' }, 5_000)
  await books.work()
  for (const { id } of [job, other]) await books.heard(id, 'job.held')
  const held = await books.job(job.id)
  const { suggested, next, ...asked } = held.error!.context as unknown as BudgetQuestion
  expect(asked).toEqual({ ...PROJECT, unit: 'money', limit: 5_000, used: 0, until: null } as typeof asked)
  expect(suggested).toBeGreaterThanOrEqual(next)
  expect(await books.types(job.id)).toEqual(['job.queued', 'job.started', 'budget.reached', 'job.held'])

  await limit(books, ADA, 2_000_000)
  await limit(books, PROJECT, 4_000)
  await limit(books, PROJECT, 5_000)
  expect((await books.job(job.id)).state).toBe('held')
  await limit(books, PROJECT, 1_000_000)
  await books.heard(job.id, 'job.succeeded')
  const lines = await books.lines(job.id)
  expect(lines.find(({ type }) => type === 'budget.reached')!.body).toMatchObject({ budget: PROJECT, limit: 5_000 })
  expect(lines.findLast(({ type }) => type === 'job.queued')!.body).toMatchObject({
    reason: 'budget_raised',
    by: 'person:owner',
  })
  expect((await books.job(other.id)).state).toBe('held')
  expect((await books.job(job.id)).failures).toBe(0)
})

test('a day that begins anew lets the jobs go on that it held, and no others', async () => {
  await using books = await ledger({ dailyMicros: 5_000 })
  const daily = await asking(books)
  await limit(books, { kind: 'project', id: 'project-2' }, 5_000)
  const total = await asking(books, 'project-2')
  await books.work()
  for (const { id } of [daily, total]) await books.heard(id, 'job.held')
  const deps = { ...books.deps, ...books.limits }
  expect(await renewBudgets(deps)).toBe(0)
  books.clock.pass(DAY_MS)
  expect(await renewBudgets(deps)).toBe(1)
  expect([(await books.job(daily.id)).state, (await books.job(total.id)).state]).not.toEqual(['held', 'held'])
  expect((await books.job(total.id)).state).toBe('held')
})

test('what was spent yesterday, or last month, is not of this one', async () => {
  await using books = await ledger()
  await limit(books, HOUSE, RESERVED.costMicros)
  await books.hear({ account: account() })
  await refusal(books.hear({ account: account() }))
  books.clock.pass(DAY_MS)
  await books.hear({ account: account() })
  await limit(books, ADA, RESERVED.costMicros)
  await limit(books, HOUSE, null)
  await refusal(books.hear({ account: account() }))
  books.clock.pass(31 * DAY_MS)
  await books.hear({ account: account() })
})

test('a limit that was raised between the refusal and the holding lets the job go on all the same', async () => {
  await using books = await ledger({ dailyMicros: 5_000 })
  const job = await asking(books)
  await books.work()
  await books.heard(job.id, 'job.held')
  expect(await renewBudgets({ ...books.deps, dailyMicros: 5_000 })).toBe(0)
  expect(await renewBudgets({ ...books.deps, dailyMicros: 1_000_000 })).toBe(1)
})

test('a budget that is reached is a question to a person, and no reason to ask the next model of a chain', async () => {
  await using books = await ledger({ dailyMicros: 0 })
  const choice = { provider: books.provider, model: 'dear' }
  const asked: string[] = []
  const ask = async (model: string) => {
    asked.push(model)
    await books.hear({ model, account: account({ job: (await asking(books)).id, attempt: 1 }) })
  }
  const chain = [choice, { ...choice, model: 'local' }]
  const walking = throughChain(chain, {}, new AbortController().signal, ({ model }) => ask(model))
  await expect(walking).rejects.toBeInstanceOf(Hold)
  expect(asked).toEqual(['dear'])
})

test('a chat, which is no job, is told the reason itself', async () => {
  await using books = await ledger({ dailyMicros: 0 })
  const error = await refusal(books.hear({ account: account() }))
  expect([error.code, error.retryable]).toEqual(['budget_reached', false])
})

test('the house has 20 dollars a day, unless somebody says otherwise', async () => {
  await using books = await ledger({ dailyMicros: 20_000_000 })
  const deps = { ...books.deps, ...books.limits }
  expect(await budgetOf(deps, books.db.read, HOUSE)).toMatchObject({ limitMicros: 20_000_000, isSet: false })
  await limit(books, HOUSE, null)
  expect(await budgetOf(deps, books.db.read, HOUSE)).toMatchObject({ limitMicros: null, isSet: true })
})
