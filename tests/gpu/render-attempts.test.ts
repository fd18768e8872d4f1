import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { DomainError } from '../../src/errors.ts'
import { climb, shortageIn } from '../../src/gpu/climb.ts'
import { planRender } from '../../src/gpu/planner.ts'
import { attemptsOfRender, recordAttempt, settleAttempt, standingOf } from '../../src/gpu/render-attempts.ts'
import { Hold, Snooze } from '../../src/jobs/handler.ts'
import { testDatabase } from '../support/database.ts'
import { card, facts, GIB } from '../support/gpu-plans.ts'

const ASKED = { request: { prompt: 'a lighthouse' }, tier: 'auto' as const }
const PLAN = planRender(facts())
const outOfMemory = (context: object = {}) =>
  new DomainError('gpu_out_of_memory', 'out', {
    retryable: true,
    context: { where: 'device', phase: 'denoise', ...context },
  })

async function kept() {
  const db = await testDatabase()
  await db.write((tx) =>
    tx.run(sql`INSERT INTO jobs (id, kind, lane, run_at, created_at) VALUES ('j', 'render', 'render', 0, 0)`),
  )
  const begin = (attempt: number, plan = PLAN) =>
    db.write((tx) =>
      recordAttempt(tx, {
        job: 'j',
        attempt,
        asked: ASKED,
        plan,
        device: card(20),
        queuedMs: 5.4,
        waitedMs: 3,
        at: 10,
      }),
    )
  const end = (attempt: number, outcome: string, more: object = {}) =>
    db.write((tx) => settleAttempt(tx, { job: 'j', attempt, outcome, at: 20, ...more }))
  return { ...db, begin, end }
}

test('an attempt is recorded with what was decided and why, and how it ended, once', async () => {
  await using db = await kept()
  await db.begin(1)
  await db.begin(1, { ...PLAN, tier: 'low' })
  expect(await attemptsOfRender(db.read, 'j')).toMatchObject([
    { plan: PLAN, rung: 0, queuedMs: 5, outcome: null, endedAt: null },
  ])
  await db.end(1, 'succeeded', { peakBytes: 5 * GIB, times: { load: 100, denoise: 200 }, resumedFrom: 3 })
  await db.end(1, 'gpu_worker_died')
  expect(await attemptsOfRender(db.read, 'j')).toMatchObject([
    { outcome: 'succeeded', endedAt: 20, peakBytes: 5 * GIB, times: { load: 100, denoise: 200 }, resumedFrom: 3 },
  ])
})

test('the next attempt goes on from the last plan, a rung lower where memory ran out', async () => {
  await using db = await kept()
  const standing = (asked: Parameters<typeof standingOf>[2] = ASKED, freshAfter = 0) =>
    standingOf(db.read, 'j', asked, freshAfter)
  expect(await standing()).toEqual({ rung: 0, before: null })
  await db.begin(1)
  expect(await standing()).toEqual({ rung: 0, before: PLAN })
  await db.end(1, 'gpu_worker_died')
  expect(await standing()).toEqual({ rung: 0, before: PLAN })
  await db.begin(2)
  await db.end(2, 'gpu_out_of_memory', { nextRung: 2, outOf: 'device', phase: 'decode', wantedBytes: GIB })
  expect(await standing()).toEqual({ rung: 2, before: PLAN })
  expect(await standing({ ...ASKED, tier: 'low' })).toEqual({ rung: 0, before: null })
  expect(await standing(ASKED, 2)).toEqual({ rung: 0, before: null })
  await db.begin(3, planRender(facts({ rung: 2, before: PLAN })))
  await db.end(3, 'gpu_out_of_memory')
  expect(await standing()).toEqual({ rung: 0, before: null })
})

test('memory that runs out is tried again one rung lower at once, which counts as no failure', () => {
  const first = climb(PLAN, shortageIn(outOfMemory())!, card(20))
  expect(first.rung).toBe(1)
  expect(first.ends).toBeInstanceOf(Snooze)
  expect((first.ends as Snooze).delayMs).toBe(0)
  expect((first.ends as Snooze).reason!.message).toBe(
    'The memory of Card ran out in “denoise”: it is tried again, in a fresh process.',
  )
  expect(climb(PLAN, shortageIn(outOfMemory({ phase: 'decode' }))!, card(20)).rung).toBe(2)
  expect(climb({ ...PLAN, rung: 1 }, shortageIn(outOfMemory())!, card(20)).rung).toBe(2)
})

test('the host’s memory is not saved by offloading into it', () => {
  const plan = { rung: 2, ahead: [3, 4, 5, 7] }
  expect(climb({ ...PLAN, ...plan }, shortageIn(outOfMemory({ where: 'host' }))!, card(20)).rung).toBe(7)
})

test('with nothing left to lower, a person is told what it needed, what was free and what there is', () => {
  const shortage = shortageIn(outOfMemory({ needBytes: 2 * GIB, freeBytes: GIB / 2, totalBytes: 8 * GIB }))!
  const { rung, ends } = climb({ ...PLAN, rung: 9, ahead: [] }, shortage, card(7))
  expect(rung).toBeNull()
  expect(ends).toBeInstanceOf(Hold)
  expect((ends as Hold).reason).toMatchObject({
    code: 'gpu_out_of_memory',
    message:
      'The memory of Card ran out: 0.5 GB were free of 8 GB. It wanted 2 GB more. Nothing is left that Hearth may lower. Choose a smaller picture, a lower tier or a smaller model, or free the device, then try again.',
    context: { needBytes: 2 * GIB, freeBytes: GIB / 2, totalBytes: 8 * GIB },
  })
})

test('a failed device, a black picture and a bug are none of memory’s', () => {
  for (const code of ['gpu_device_fatal', 'gpu_bad_output', 'gpu_worker_died'])
    expect(shortageIn(new DomainError(code, 'no'))).toBeNull()
  expect(shortageIn(new Error('CUDA out of memory'))).toBeNull()
})
