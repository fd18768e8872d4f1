import { sql } from 'drizzle-orm'
import type { Cost } from '../../src/llm/cost.ts'
import { factsOf as inTable } from '../../src/llm/model-table.ts'
import type { FactsOf } from '../../src/llm/prices.ts'
import type { Account, Chunk, ModelRequest, Provider } from '../../src/llm/provider.ts'
import { modelCalls } from '../../src/llm/tables.ts'
import { withBooks } from '../../src/llm/with-books.ts'
import { type Engine, testEngine } from '../support/jobs.ts'

/** What one answer is made of; a function may wait, fail, or look at the signal. */
export type Answering = Chunk[] | ((request: ModelRequest, signal: AbortSignal) => AsyncIterable<Chunk>)

export interface Ledger extends AsyncDisposable, Engine {
  provider: Provider
  /** The requests that came through to the model. */
  asked: ModelRequest[]
  answers: Answering[]
  calls(): Promise<(typeof modelCalls.$inferSelect)[]>
  /** The books of a server that starts now, on the same database. */
  limits: { dailyMicros: number | null; keepMs: number }
  hear(request?: Partial<ModelRequest>, signal?: AbortSignal): Promise<Chunk[]>
  books: Parameters<typeof withBooks>[0]
}

/** 1 and 10 USD per million tokens, from the cache 0.1, into it 1.25. */
export const PRICES = { input: 1, output: 10, cacheRead: 0.1, cacheWrite: 1.25 }

const factsOf: FactsOf = (provider, model) =>
  inTable(provider, model, model === 'local' ? {} : { [`${provider}/${model}`]: { prices: PRICES } })

export const whole = (text = 'All of it.', counts: Partial<Extract<Chunk, { type: 'usage' }>> = {}): Chunk[] => [
  { type: 'usage', inputTokens: 100, cachedTokens: 0, ...counts, outputTokens: 1 },
  { type: 'text', text },
  { type: 'usage', inputTokens: 100, outputTokens: 50, cachedTokens: 0, ...counts },
  { type: 'finish', reason: 'stop' },
]

/** A model with a price behind its books, on a real database with a stopped clock. */
export async function ledger(limits: Partial<Ledger['limits']> = {}): Promise<Ledger> {
  const engine = await testEngine()
  const asked: ModelRequest[] = []
  const answers: Answering[] = [whole()]
  const bare: Provider = {
    name: 'paid',
    label: 'Paid',
    demo: false,
    defaultModel: 'dear',
    models: ['dear'],
    takes: () => true,
    async *stream(request, signal) {
      asked.push(request)
      const answer = answers[Math.min(asked.length, answers.length) - 1]!
      yield* Array.isArray(answer) ? answer : answer(request, signal)
    },
  }
  const own = { dailyMicros: null, keepMs: 0, ...limits }
  const books = { ...engine.deps, factsOf, ...own }
  const provider = withBooks(books, bare)
  return Object.assign(engine, {
    provider,
    asked,
    answers,
    limits: own,
    books,
    calls: () => engine.db.read.select().from(modelCalls).orderBy(sql`rowid`),
    async hear(request: Partial<ModelRequest> = {}, signal = new AbortController().signal) {
      const heard: Chunk[] = []
      for await (const chunk of provider.stream(question(request), signal)) heard.push(chunk)
      return heard
    },
  })
}

/** 300 bytes, reserved for with 100 tokens of input; 1,000 of output at most, which is less than usual. */
export function question(more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'dear',
    system: 's'.repeat(99),
    messages: [{ role: 'user', content: 'm'.repeat(199) }],
    maxOutputTokens: 1_000,
    task: { kind: 'plan', brief: 'b' },
    ...more,
  }
}

/** What `question` reserves: 100 + 10,000 millionths of a dollar. */
export const RESERVED: Cost = { inputTokens: 100, outputTokens: 1_000, costMicros: 10_100 }

export const account = (more: Partial<Account> = {}): Account => ({
  scope: 'project-1',
  person: 'person:ada',
  job: null,
  attempt: null,
  ...more,
})

export const textOf = (chunks: Chunk[]) => chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('')
