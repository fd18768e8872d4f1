import { expect, test } from 'bun:test'
import { z } from 'zod'
import { DomainError } from '../../src/errors.ts'
import { Hold } from '../../src/jobs/handler.ts'
import { cancelJob, retryJob } from '../../src/jobs/jobs.ts'
import { keepAnswer, sweepAnswers } from '../../src/llm/answers.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { setBudget } from '../../src/llm/raise.ts'
import { requestKey } from '../../src/llm/request-key.ts'
import { answers as kept } from '../../src/llm/tables.ts'
import { until } from '../support/jobs.ts'
import { account, type Ledger, ledger, question, textOf, whole } from './ledger.ts'

const HOUR_MS = 3_600_000
const DAY = { keepMs: 24 * HOUR_MS }
const in2 = { account: account({ scope: 'project-2' }) }

test('an equal request of another project is answered from what was kept, whole and in pieces, and costs nothing', async () => {
  await using books = await ledger(DAY)
  const text = 'A long answer. '.repeat(400)
  books.answers[0] = whole(text)
  await books.hear({ account: account() })
  const again = await books.hear(in2)
  expect(books.asked.length).toBe(1)
  expect(textOf(again)).toBe(text)
  expect(again.filter(({ type }) => type === 'text').length).toBeGreaterThan(5)
  expect(again.slice(-2)).toEqual([
    { type: 'usage', inputTokens: 0, outputTokens: 0, cachedTokens: 0, keptAnswers: 1 },
    { type: 'finish', reason: 'stop' },
  ])
  expect(await books.calls()).toMatchObject([
    { fromCache: false, scope: 'project-1' },
    { fromCache: true, scope: 'project-2', costMicros: 0, inputTokens: 0, ended: 'stop', estimated: false },
  ])
})

test('a kept answer is given at the limit of a budget too', async () => {
  await using books = await ledger(DAY)
  await books.hear({ account: account() })
  const key = { kind: 'project', id: 'project-2' } as const
  await setBudget({ ...books.deps, ...books.limits }, key, { limitMicros: 0 }, 'person:owner')
  expect(textOf(await books.hear(in2))).toBe('All of it.')
})

test('after the set time the model is asked again', async () => {
  await using books = await ledger(DAY)
  await books.hear({ account: account() })
  books.clock.pass(24 * HOUR_MS - 1)
  await books.hear(in2)
  books.clock.pass(1)
  await books.hear({ account: account({ scope: 'project-3' }) })
  expect(books.asked.length).toBe(2)
})

test('with a time of 0 nothing is kept', async () => {
  await using books = await ledger()
  await books.hear({ account: account() })
  await books.hear(in2)
  expect(books.asked.length).toBe(2)
  expect(await books.db.read.select().from(kept)).toEqual([])
})

const other: [string, Partial<ModelRequest>][] = [
  ['model', { model: 'another' }],
  ['rules', { system: 'x' }],
  ['context', { context: 'x' }],
  ['length', { maxOutputTokens: 999 }],
  ['messages', { messages: [{ role: 'user', content: 'x' }] }],
  ['schema', { schema: { name: 'x', zod: z.object({ a: z.string() }) } }],
]
test.each(other)('another %s is another request', async (_, more) => {
  await using books = await ledger(DAY)
  await books.hear({ account: account(), schema: { name: 'x', zod: z.object({ b: z.string() }) } })
  await books.hear({ schema: { name: 'x', zod: z.object({ b: z.string() }) }, ...in2, ...more })
  expect(books.asked.length).toBe(2)
})

const never: [string, Partial<ModelRequest>][] = [
  ['chat', { task: { kind: 'chat', brief: 'b' } }],
  ['a request with tools', { tools: [{ name: 't', description: '', zod: z.object({}) }] }],
  ['a question asked anew', { fresh: true }],
]
test.each(never)('%s is never answered from what was kept', async (_, more) => {
  await using books = await ledger(DAY)
  await books.hear({ account: account(), ...more })
  await books.hear({ ...in2, ...more })
  expect(books.asked.length).toBe(2)
})

test.each([
  ['was cut', whole().slice(0, 3)],
  ['came to the limit of its length', [...whole().slice(0, 3), { type: 'finish', reason: 'length' } as const]],
  ['was refused', [...whole().slice(0, 3), { type: 'finish', reason: 'refusal' } as const]],
])('an answer that %s is not kept', async (_, answer) => {
  await using books = await ledger(DAY)
  books.answers[0] = answer
  await books.hear({ account: account() })
  await books.hear(in2)
  expect(books.asked.length).toBe(2)
})

test('the end line of a file, which is another one each time, is no difference, and the answer has the one that was asked for', async () => {
  await using books = await ledger(DAY)
  const file = (sentinel: string, scope: string): Partial<ModelRequest> => ({
    task: { kind: 'write', brief: 'b', path: 'a.md', sentinel },
    messages: [{ role: 'user', content: `Write it, then\n${sentinel}` }],
    account: account({ scope }),
  })
  books.answers[0] = whole('The file.\n<<<END hearth:11111111>>>\n')
  await books.hear(file('<<<END hearth:11111111>>>', 'project-1'))
  const again = await books.hear(file('<<<END hearth:22222222>>>', 'project-2'))
  expect(textOf(again)).toBe('The file.\n<<<END hearth:22222222>>>\n')
  expect(books.asked.length).toBe(1)
})

test('a file that holds a blank end line is not kept, since it would be cut there', async () => {
  await using books = await ledger(DAY)
  const sentinel = '<<<END hearth:11111111>>>'
  const task = { kind: 'write', brief: 'b', path: 'a.md', sentinel } as const
  books.answers[0] = whole(`One.\n<<<END hearth:blank>>>\nTwo.\n${sentinel}\n`)
  await books.hear({ task, account: account() })
  expect(textOf(await books.hear({ task, ...in2 }))).toContain('<<<END hearth:blank>>>\nTwo.')
  expect(books.asked.length).toBe(2)
})

/** A job that asks once and does as told by attempt. */
async function trying(books: Ledger, then: (attempt: number, signal: AbortSignal) => Promise<void> | void) {
  books.handle('write', async ({ job: { id, attempt, scope }, signal }) => {
    await books.hear({ account: account({ scope, job: id, attempt }) }, signal)
    await then(attempt, signal)
    return { result: 'done' }
  })
  const job = await books.enqueue('write', { scope: 'project-1' })
  await books.work()
  return job
}

test('a job that was not content asks the model again', async () => {
  await using books = await ledger(DAY)
  const job = await trying(books, (attempt) => {
    if (attempt === 1) throw new Error('that is no use')
  })
  await books.heard(job.id, 'job.retrying')
  books.pass(60_000)
  await books.heard(job.id, 'job.succeeded')
  expect(books.asked.length).toBe(2)
})

test('a job that is started over asks the model again', async () => {
  await using books = await ledger(DAY)
  const waiting = Promise.withResolvers<void>()
  const job = await trying(books, async (attempt, signal) => {
    if (attempt > 1) return
    waiting.resolve()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  await waiting.promise
  await cancelJob(books.deps, job.id, 'person:ada')
  await retryJob(books.deps, job.id, 'person:ada', { fromScratch: true })
  await books.heard(job.id, 'job.succeeded')
  expect(books.asked.length).toBe(2)
})

test('a job that is held gets its answer back when it goes on, and another one when it is started over', async () => {
  await using books = await ledger(DAY)
  const job = await trying(books, (attempt) => {
    if (attempt < 3) throw new Hold(new DomainError('disk_full', 'Free some space.'))
  })
  await books.heard(job.id, 'job.held')
  await retryJob(books.deps, job.id, 'person:ada')
  await until(async () => (await books.types(job.id)).filter((type) => type === 'job.held').length === 2)
  expect(books.asked.length).toBe(1)
  await retryJob(books.deps, job.id, 'person:ada', { fromScratch: true })
  await books.heard(job.id, 'job.succeeded')
  expect(books.asked.length).toBe(2)
})

test('a job that was cut off after its answer gets it back: it was paid for', async () => {
  await using books = await ledger(DAY)
  books.handle('write', async () => undefined)
  const job = await books.enqueue('write', { scope: 'project-1' })
  const first = await books.claimed()
  await books.hear({ account: account({ job: job.id, attempt: first.attempt }) })
  await books.release(first) // as a stop does; a crash ends the attempt in the same way
  const second = await books.claimed()
  await books.hear({ account: account({ job: job.id, attempt: second.attempt }) })
  expect([second.attempt, books.asked.length]).toEqual([2, 1])
})

test('another job of the same project that asks the same wants another answer', async () => {
  await using books = await ledger(DAY)
  await books.hear({ account: account({ job: 'job-1', attempt: 1 }) })
  await books.hear({ account: account({ job: 'job-2', attempt: 1 }) })
  await books.hear({ account: account({ job: 'job-2', attempt: 1 }) })
  expect(books.asked.length).toBe(3)
})

test('together they stay within 64 MB: those that nobody asked for longest go', async () => {
  await using books = await ledger(DAY)
  const deps = { ...books.deps, ...DAY }
  const text = 'x'.repeat(1024 * 1024)
  for (let i = 0; i < 66; i++) {
    books.clock.pass(1)
    await books.db.write((tx) => keepAnswer(deps, tx, `key-${i}`, { text, task: { kind: 'plan', brief: '' } }))
  }
  const keys = (await books.db.read.select({ key: kept.request }).from(kept)).map(({ key }) => key)
  expect(keys.length).toBe(64)
  expect(keys).not.toContain('key-1')
  expect(keys).toContain('key-65')
})

test('answers that are too old are swept away', async () => {
  await using books = await ledger(DAY)
  await books.hear({ account: account() })
  const deps = { ...books.deps, ...DAY }
  expect(await sweepAnswers(deps)).toBe(0)
  books.clock.pass(24 * HOUR_MS + 1)
  expect(await sweepAnswers(deps)).toBe(1)
})

test('the answer of a server is not given for another one that goes by its name', () => {
  const at = (address: string) => requestKey({ name: 'basement', label: 'basement', address, demo: false }, question())
  expect(at('http://10.0.0.1:8080')).toBe(at('http://10.0.0.1:8080')!)
  expect(at('http://10.0.0.1:8080')).not.toBe(at('http://10.0.0.2:8080')!)
})

test('the demo model, which costs nothing, is asked each time', () => {
  expect(requestKey({ name: 'demo', label: 'Demo', demo: true }, question())).toBeUndefined()
})
