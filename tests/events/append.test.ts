import { expect, test } from 'bun:test'
import type { JobRef, Line } from '../../src/events/line.ts'
import { eventLog } from '../support/events.ts'

const JOB: JobRef = { id: 'job-1', kind: 'write', attempt: 2, startedAt: null }

test('seq grows, and prev chains the lines of each project and of each job', async () => {
  await using log = await eventLog()
  await log.append({ type: 'a', scope: 'p' })
  await log.append({ type: 'b', scope: 'q' })
  await log.append({ type: 'c', scope: 'p', job: JOB })
  await log.append({ type: 'd' })
  await log.append({ type: 'e', scope: 'q', job: JOB })
  await log.append({ type: 'f', scope: 'p' })
  expect(log.published.map(({ type, seq, prevInScope, prevInJob }) => [type, seq, prevInScope, prevInJob])).toEqual([
    ['a', 1, null, null],
    ['b', 2, null, null],
    ['c', 3, 1, null],
    ['d', 4, null, null],
    ['e', 5, 2, 3],
    ['f', 6, 3, null],
  ])
})

test('the chain holds over a hundred appends that share commits, some of them rolled back', async () => {
  await using log = await eventLog()
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) => log.append({ type: 'x', scope: `p${i % 3}`, data: { i } }, i % 7 === 0)),
  )
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(15)
  for (const scope of ['p0', 'p1', 'p2']) {
    const lines: Line[] = await log.stored({ project: scope })
    expect(lines.map(({ prevInScope }) => prevInScope)).toEqual([null, ...lines.slice(0, -1).map(({ seq }) => seq)])
  }
})

test('nothing is published of what is rolled back, and what is published is what is stored', async () => {
  await using log = await eventLog()
  await log.append({ type: 'kept', scope: 'p', by: 'person:ada', data: { n: 1 } })
  await expect(log.append({ type: 'undone', scope: 'p' }, true)).rejects.toThrow('rolled back')
  await log.append({ type: 'kept too', scope: 'p' })
  expect(log.published.map(({ type }) => type)).toEqual(['kept', 'kept too'])
  expect(await log.stored({ project: 'p' })).toEqual(log.published)
})

test('a line of a job tells its kind, attempt and the seconds since it started', async () => {
  await using log = await eventLog()
  const startedAt = log.clock.now()
  log.clock.pass(2_500)
  await log.append({
    type: 'job.phase',
    scope: 'p',
    job: { ...JOB, startedAt },
    data: { phase: 'writing', kind: 'forged' },
  })
  expect(log.published[0]?.body).toEqual({
    job: 'job-1',
    kind: 'write',
    attempt: 2,
    elapsed: 2.5,
    by: 'system',
    phase: 'writing',
  })
})
