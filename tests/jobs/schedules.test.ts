import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { lastFiring, nextFiring } from '../../src/jobs/cron.ts'
import { startScheduler } from '../../src/jobs/scheduler.ts'
import {
  addSchedule,
  ensureSchedules,
  type NewSchedule,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  retimeSchedule,
  runSchedule,
  scheduleById,
} from '../../src/jobs/schedules.ts'
import { stoppedClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/database.ts'
import { type Engine, testEngine } from '../support/jobs.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NIGHTLY: NewSchedule = {
  name: 'Backup',
  cron: '30 3 * * *',
  timezone: 'UTC',
  kind: 'save',
  input: { keep: 7 },
  missed: 'once',
}

/** An engine that knows one kind of job that a schedule may run. Nothing works: jobs stay in the queue. */
async function scheduling(options: Parameters<typeof testEngine>[0] = {}) {
  const engine = await testEngine(options)
  engine.handle('save', async () => undefined, { schedulable: (input) => input as never })
  engine.handle('write', async () => undefined)
  return engine
}

async function keys({ db }: Engine): Promise<string[]> {
  const { rows } = await db.read.run('select idempotency_key as key from jobs order by rowid')
  return rows.map(({ key }) => String(key))
}

/** When the firings were due, of all jobs that a schedule has made. */
async function targets(engine: Engine): Promise<string[]> {
  return (await keys(engine)).map((key) => {
    const at = key.split(':').at(-1)!
    return /^\d+$/.test(at) ? new Date(Number(at)).toISOString() : at
  })
}

test('a schedule makes one job at each of its times, with a key of its own', async () => {
  await using engine = await scheduling()
  const { id } = await addSchedule(engine.deps, NIGHTLY, 'person:a')
  await using scheduler = await startScheduler(engine.deps)
  expect(await keys(engine)).toEqual([])
  engine.clock.pass(3 * HOUR + 30 * MINUTE)
  await scheduler.look()
  await scheduler.look()
  engine.clock.pass(DAY + 7_000)
  await scheduler.look()
  expect(await keys(engine)).toEqual(
    [Date.UTC(2026, 0, 1, 3, 30), Date.UTC(2026, 0, 2, 3, 30)].map((at) => `schedule:${id}:${at}`),
  )
  const job = await engine.job((await scheduleById(engine.db.read, id)).lastJob!)
  expect(job).toMatchObject({ kind: 'save', input: { keep: 7 }, by: 'system', state: 'queued' })
})

test('what was missed while the server was down runs once at the start, or not at all, as the schedule says', async () => {
  using folder = temporaryFolder()
  const clock = stoppedClock()
  {
    await using engine = await scheduling({ folder: folder.path, clock })
    await addSchedule(engine.deps, { ...NIGHTLY, name: 'once' }, 'system')
    await addSchedule(engine.deps, { ...NIGHTLY, name: 'skip', missed: 'skip' }, 'system')
  }
  clock.pass(5 * DAY)
  await using engine = await scheduling({ folder: folder.path, clock })
  await using scheduler = await startScheduler(engine.deps)
  expect(await targets(engine)).toEqual(['2026-01-05T03:30:00.000Z'])
  expect(engine.told.filter(({ type }) => type === 'schedule.skipped')).toHaveLength(1)
  clock.pass(DAY)
  await scheduler.look()
  expect((await targets(engine)).slice(1)).toEqual(['2026-01-06T03:30:00.000Z']) // 20 h late: `skip` leaves it out again
  clock.pass(3 * HOUR + 30 * MINUTE + 20_000)
  await scheduler.look()
  expect((await targets(engine)).slice(2)).toEqual(['2026-01-07T03:30:00.000Z', '2026-01-07T03:30:00.000Z'])
})

test('a clock that jumps back, or far ahead and back, makes no firing twice, and none is waited for in vain', async () => {
  await using engine = await scheduling()
  await addSchedule(engine.deps, { ...NIGHTLY, cron: '0 * * * *' }, 'system')
  await using scheduler = await startScheduler(engine.deps)
  const at = async (ms: number) => {
    engine.clock.pass(ms)
    await scheduler.look()
  }
  await at(2 * HOUR + MINUTE)
  await at(-90 * MINUTE)
  await at(40 * MINUTE)
  await at(50 * MINUTE)
  expect(await targets(engine)).toEqual(['2026-01-01T02:00:00.000Z'])
  await at(365 * DAY)
  await at(-365 * DAY)
  await at(HOUR)
  expect((await targets(engine)).slice(1)).toEqual(['2027-01-01T02:00:00.000Z', '2026-01-01T03:00:00.000Z'])
  await at(0)
  expect(new Set(await targets(engine)).size).toBe(3)
})

test('a restart between a firing and the next makes nothing twice', async () => {
  await using engine = await scheduling()
  await addSchedule(engine.deps, { ...NIGHTLY, cron: '* * * * *' }, 'system')
  for (let i = 0; i < 6; i++) {
    engine.clock.pass(20_000)
    await using _one = await startScheduler(engine.deps)
    await using _other = await startScheduler(engine.deps)
  }
  expect(await targets(engine)).toEqual(['2026-01-01T00:01:00.000Z', '2026-01-01T00:02:00.000Z'])
})

test('the hour that spring leaves out and the one that autumn repeats: a fixed time comes once each day', async () => {
  const clock = stoppedClock(Date.UTC(2026, 2, 28, 0, 0))
  await using engine = await scheduling({ clock })
  await addSchedule(engine.deps, { ...NIGHTLY, cron: '30 2 * * *', timezone: 'Europe/Berlin' }, 'system')
  await using scheduler = await startScheduler(engine.deps)
  const pass = async (hours: number) => {
    for (let i = 0; i < hours * 2; i++) {
      clock.pass(HOUR / 2)
      await scheduler.look()
    }
  }
  await pass(72)
  expect(await targets(engine)).toEqual([
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ])
  clock.pass(Date.UTC(2026, 9, 24, 0, 0) - clock.now())
  await scheduler.look()
  const before = (await targets(engine)).length
  await pass(72)
  expect((await targets(engine)).slice(before)).toEqual([
    '2026-10-24T00:30:00.000Z',
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ])
}, 60_000)

test('an hourly schedule comes in each hour, also in the one that is there twice', () => {
  const hourly = { cron: '30 * * * *', timezone: 'Europe/Berlin' }
  let at = Date.UTC(2026, 9, 24, 23, 0)
  for (let i = 0; i < 6; i++) {
    const next = nextFiring(hourly, at)!
    expect(next - at).toBe(i === 0 ? HOUR / 2 : HOUR)
    at = next
  }
})

test('the last firing before a moment is the one that the firings before it lead to', () => {
  const crons = ['* * * * *', '*/7 * * * *', '30 2 * * *', '0 0 * * 1', '15 2 29 2 *', '30 1-3 * * 0']
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata']
  fc.assert(
    fc.property(
      fc.constantFrom(...crons),
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) }),
      (cron, timezone, at) => {
        const last = lastFiring({ cron, timezone }, at)!
        expect(last).toBeLessThanOrEqual(at)
        const next = nextFiring({ cron, timezone }, last)!
        expect(next).toBeGreaterThan(at)
        expect(lastFiring({ cron, timezone }, next)).toBe(next)
      },
    ),
    { numRuns: 300 },
  )
})

test('a paused schedule does not fire; what fell into the pause was not missed; other times count from now on', async () => {
  await using engine = await scheduling()
  const { id } = await addSchedule(engine.deps, NIGHTLY, 'system')
  await using scheduler = await startScheduler(engine.deps)
  await pauseSchedule(engine.deps, id, 'person:a')
  engine.clock.pass(3 * DAY)
  await scheduler.look()
  await resumeSchedule(engine.deps, id, 'person:a')
  await scheduler.look()
  expect(await keys(engine)).toEqual([])
  await retimeSchedule(engine.deps, id, { cron: '0 1 * * *' }, 'person:a')
  await scheduler.look()
  engine.clock.pass(HOUR)
  await scheduler.look()
  expect(await targets(engine)).toEqual(['2026-01-04T01:00:00.000Z'])
})

test('a run now comes beside the planned ones, also while it is paused; one that waits already is enough', async () => {
  await using engine = await scheduling()
  const { id } = await addSchedule(engine.deps, NIGHTLY, 'system')
  await pauseSchedule(engine.deps, id, 'person:a')
  const job = await runSchedule(engine.deps, id, 'person:a')
  expect((await runSchedule(engine.deps, id, 'person:a')).id).toBe(job.id)
  expect(job).toMatchObject({ kind: 'save', by: 'person:a' })
  await engine.succeed(await engine.claimed('save'))
  expect((await runSchedule(engine.deps, id, 'person:a')).id).not.toBe(job.id)
})

test('what can’t be a schedule is refused in words', async () => {
  await using engine = await scheduling()
  const refused = async (more: Partial<NewSchedule>) =>
    addSchedule(engine.deps, { ...NIGHTLY, ...more }, 'system').then(
      () => 'taken',
      ({ code }) => code,
    )
  for (const cron of ['', 'x', '* * * *', '* * * * * *', '61 * * * *', '0 0 30 2 *', '2026-05-01T00:00:00'])
    expect([cron, await refused({ cron })]).toEqual([cron, 'bad_cron'])
  for (const timezone of ['', 'Mars/Olympus', '../etc']) expect(await refused({ timezone })).toBe('bad_timezone')
  for (const kind of ['write', 'nothing']) expect(await refused({ kind })).toBe('not_schedulable')
  const { id } = await addSchedule(engine.deps, NIGHTLY, 'system')
  expect(retimeSchedule(engine.deps, id, { cron: 'x' }, 'a')).rejects.toMatchObject({ code: 'bad_cron' })
  expect(pauseSchedule(engine.deps, 'x', 'a')).rejects.toMatchObject({ code: 'unknown_schedule' })
})

test('what comes with Hearth is added once, keeps what a person has set, and can’t be removed', async () => {
  await using engine = await scheduling()
  const own = [{ ...NIGHTLY, id: 'backup' }]
  await ensureSchedules(engine.deps, own)
  await retimeSchedule(engine.deps, 'backup', { cron: '0 5 * * 0' }, 'person:a')
  await pauseSchedule(engine.deps, 'backup', 'person:a')
  await ensureSchedules(engine.deps, own)
  expect(await scheduleById(engine.db.read, 'backup')).toMatchObject({ cron: '0 5 * * 0', builtIn: true })
  expect((await scheduleById(engine.db.read, 'backup')).pausedAt).not.toBeNull()
  expect(removeSchedule(engine.deps, 'backup', 'person:a')).rejects.toMatchObject({ code: 'built_in' })
})

test('one schedule that can’t be fired keeps none of the others', async () => {
  await using engine = await scheduling()
  const { id } = await addSchedule(engine.deps, NIGHTLY, 'system')
  await addSchedule(engine.deps, NIGHTLY, 'system')
  await engine.db.write((tx) => tx.run(`update schedules set timezone = 'Mars/Olympus' where id = '${id}'`))
  engine.clock.pass(DAY)
  await using _scheduler = await startScheduler(engine.deps)
  expect(await keys(engine)).toHaveLength(1)
})
