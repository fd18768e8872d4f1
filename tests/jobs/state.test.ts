import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { claim } from '../../src/jobs/claim.ts'
import { cancelJob, moveAll, pauseJob, resumeJob, retryJob } from '../../src/jobs/jobs.ts'
import { type Settlement, settle } from '../../src/jobs/settle.ts'
import { isTerminal, type JobState, type Move, move, statesThatAllow } from '../../src/jobs/state.ts'
import type { Job } from '../../src/jobs/tables.ts'
import { type Engine, testEngine } from '../support/jobs.ts'

/** The promise, written down a second time: state, move, where it leads. All else is refused. */
const PROMISED = `
  queued  start running     queued  cancel cancelled   queued pause paused
  running succeed succeeded running fail failed        running backOff queued  running snooze queued
  running release queued    running hold held          running cancel cancelled running pause paused
  paused  resume queued     paused cancel cancelled
  held    retry queued      held cancel cancelled
  failed  retry queued      cancelled retry queued`

const words = PROMISED.trim().split(/\s+/)
const table = new Map(
  Array.from({ length: words.length / 3 }, (_, i) => [`${words[3 * i]} ${words[3 * i + 1]}`, words[3 * i + 2]!]),
)
const STATES: JobState[] = ['queued', 'running', 'paused', 'held', 'succeeded', 'failed', 'cancelled']
const MOVES: Move[] = [
  'start',
  'succeed',
  'fail',
  'backOff',
  'snooze',
  'release',
  'retry',
  'hold',
  'cancel',
  'pause',
  'resume',
]
const every = STATES.flatMap((state) => MOVES.map((made) => [state, made] as const))

test.each(every)('a job that is %s: %s', (state, made) => {
  const to = table.get(`${state} ${made}`) as JobState | undefined
  if (to) return expect(move(state, made)).toBe(to)
  expect(() => move(state, made)).toThrow(
    expect.objectContaining({ code: 'not_allowed', context: { state, move: made, from: statesThatAllow(made) } }),
  )
})

const ERROR = { code: 'no', message: 'No.', retryable: false, context: {} }
const SETTLEMENTS: Record<string, Settlement> = {
  succeed: { move: 'succeed', event: 'job.succeeded', outcome: 'succeeded', set: { result: null } },
  fail: { move: 'fail', event: 'job.failed', outcome: 'failed', set: { error: ERROR } },
  backOff: { move: 'backOff', event: 'job.retrying', outcome: 'retried' },
  snooze: { move: 'snooze', event: 'job.queued', outcome: 'snoozed' },
  release: { move: 'release', event: 'job.queued', outcome: 'lost' },
  hold: { move: 'hold', event: 'job.held', outcome: 'held', set: { error: ERROR } },
}

/** Does a move the way the engine does it: verbs for people, settlements for workers, a claim to start. */
async function attemptMove(app: Engine, job: Job, made: Move): Promise<unknown> {
  const { deps } = app
  const by = 'person:ada'
  if (made === 'start') {
    const [claimed] = await claim(deps, deps, 'write', 1)
    return claimed ?? Promise.reject({ code: 'not_allowed' })
  }
  if (made === 'cancel') return cancelJob(deps, job.id, by)
  if (made === 'pause') return pauseJob(deps, job.id, by)
  if (made === 'resume') return resumeJob(deps, job.id, by)
  if (made === 'retry') return retryJob(deps, job.id, by)
  return app.db.write((tx) => settle(deps, tx, job, SETTLEMENTS[made]!))
}

test('whatever moves are tried in whatever order, the job is where the table says, and its rows and events agree', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...MOVES), { maxLength: 20 }), async (moves) => {
      const { id } = await app.enqueue('write')
      let state: JobState = 'queued'
      let claims = 0
      let events = 1
      for (const made of moves) {
        const to = table.get(`${state} ${made}`) as JobState | undefined
        const outcome = await attemptMove(app, await app.job(id), made).then(
          () => 'made',
          ({ code }) => code,
        )
        expect(outcome).toBe(to ? 'made' : 'not_allowed')
        if (!to) continue
        state = to
        events++
        if (made === 'start') claims++
      }
      const job = await app.job(id)
      expect(job).toMatchObject({ state, attempt: claims })
      expect(job.endedAt !== null).toBe(isTerminal(state))
      expect(job.bootId !== null).toBe(state === 'running')
      const attempts = await app.attempts(id)
      expect(attempts.map(({ attempt }) => attempt)).toEqual(Array.from({ length: claims }, (_, i) => i + 1))
      expect(attempts.filter(({ outcome }) => outcome === null)).toHaveLength(state === 'running' ? 1 : 0)
      const lines = await app.lines(id)
      expect(lines).toHaveLength(events)
      expect(lines.map(({ prevInJob }) => prevInJob)).toEqual([null, ...lines.slice(0, -1).map(({ seq }) => seq)])
      // out of the way of the next run’s claims
      await cancelJob(app.deps, id, 'system').catch(() => {})
    }),
    { numRuns: 80 },
  )
}, 60_000)

test('a project is paused, resumed and cancelled as one, without touching others or what has ended', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const [a, b, c] = [
    await app.enqueue('write', { scope: 'p', priority: 2 }),
    await app.enqueue('write', { scope: 'p', priority: 1 }),
    await app.enqueue('write', { scope: 'q' }),
  ]
  await app.succeed(await app.claimed())
  expect((await moveAll(app.deps, 'p', 'pause', 'person:ada')).map(({ id }) => id)).toEqual([b.id])
  expect((await moveAll(app.deps, 'p', 'resume', 'person:ada')).map(({ id }) => id)).toEqual([b.id])
  await app.claimed()
  expect((await moveAll(app.deps, 'p', 'cancel', 'person:ada')).map(({ id }) => id)).toEqual([b.id])
  const states = await Promise.all([a, b, c].map(async ({ id }) => (await app.job(id)).state))
  expect(states).toEqual(['succeeded', 'cancelled', 'queued'])
})

test('a move on a job that has changed since it was read is refused', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const stale = await app.enqueue('write')
  await app.claimed()
  const late = app.db.write((tx) => settle(app.deps, tx, stale, { move: 'cancel', event: 'job.cancelled' }))
  await expect(late).rejects.toMatchObject({ code: 'job_changed', retryable: true })
  await expect(cancelJob(app.deps, 'nobody', 'system')).rejects.toMatchObject({ code: 'unknown_job' })
})
