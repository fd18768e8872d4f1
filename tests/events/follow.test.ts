import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { HEARTBEAT_MS } from '../../src/events/hub.ts'
import { type JobRef, type Line, liveLine } from '../../src/events/line.ts'
import { eventLog, type Reading, type TestLog } from '../support/events.ts'
import { until } from '../support/jobs.ts'

const JOB: JobRef = { id: 'j', kind: 'write', attempt: 1, startedAt: 0 }
const delta = (text: string) => liveLine('delta', 0, 'p', JOB, { text })
const state = (text: string) => liveLine('state', 0, 'p', JOB, { text })
const textOf = (lines: Line[]) =>
  lines.filter(({ type }) => type === 'delta' || type === 'state').map(({ body }) => body.text)

async function appendMany(log: TestLog, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => log.append({ type: 'x', scope: 'p', data: { i } })))
}

/** A sink that takes nothing more after `lines` until it is opened. */
function slowSink(lines: number) {
  const opened = Promise.withResolvers<void>()
  let taken = 0
  return { room: () => (++taken > lines ? opened.promise : Promise.resolve()), open: opened.resolve }
}

test('a reader hears the state of what runs, then the log, then what happens', async () => {
  await using log = await eventLog()
  log.hub.source = { ...log.hub.source, states: () => [state('so far')] }
  await appendMany(log, 2)
  const reader = log.read()
  await until(() => reader.seqs().length === 2)
  log.hub.publish(delta(' and more'))
  await log.append({ type: 'y', scope: 'p' })
  await log.append({ type: 'elsewhere', scope: 'q' })
  expect(reader.types()).toEqual(['state', 'heartbeat', 'x', 'x', 'delta', 'y'])
  expect(reader.seqs()).toEqual([1, 2, 3])
  reader.leave()
  await reader.over
})

test('the first lines are there before the log is read', async () => {
  await using log = await eventLog()
  await appendMany(log, 10)
  const reader = log.read()
  expect(reader.types()).toEqual(['heartbeat'])
  reader.leave()
})

test('each durable line comes exactly once and in order, however appends, readers and their leaving interleave', async () => {
  const act = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), back: fc.nat(5), slow: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const), turns: fc.integer({ min: 1, max: 3 }) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 25 }), async (acts) => {
      await using log = await eventLog()
      const readers: { after: number; reader: Reading; left: boolean }[] = []
      const appends: Promise<unknown>[] = []
      for (const a of acts) {
        if (a.do === 'append')
          for (let i = 0; i < a.count; i++)
            appends.push(log.append({ type: 'x', scope: i === 3 ? 'q' : 'p' }, i === 2).catch(() => {}))
        if (a.do === 'join') {
          const after = Math.max(0, (log.published.at(-1)?.seq ?? 0) - a.back)
          const room = () => (a.slow ? new Promise<void>((go) => setImmediate(go)) : Promise.resolve())
          readers.push({ after, reader: log.read({ after }, { room }), left: false })
        }
        if (a.do === 'leave' && readers[a.which]) {
          readers[a.which]!.reader.leave()
          readers[a.which]!.left = true
        }
        if (a.do === 'turn') for (let i = 0; i < a.turns; i++) await new Promise((go) => setImmediate(go))
      }
      await Promise.all(appends)
      const all = (await log.stored({ project: 'p' })).map(({ seq }) => seq!)
      for (const { after, reader, left } of readers) {
        const wanted = all.filter((seq) => seq > after)
        if (!left) await until(() => reader.seqs().length >= wanted.length, 'the reader has caught up')
        expect(reader.seqs()).toEqual(left ? wanted.slice(0, reader.seqs().length) : wanted)
        reader.leave()
        await reader.over
        expect(reader.closed).toBe(1)
      }
      expect(log.hub.size).toBe(0)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('a reader who comes back with `after` gets what it has not, with an unbroken chain', async () => {
  await using log = await eventLog()
  await appendMany(log, 5)
  const first = log.read()
  await until(() => first.seqs().length === 5)
  first.leave()
  await appendMany(log, 3)
  const second = log.read({ after: 5 })
  await until(() => second.seqs().length === 3)
  expect(second.lines.filter(({ seq }) => seq !== null).map(({ prevInScope }) => prevInScope)).toEqual([5, 6, 7])
  second.leave()
})

test('`present` ends once caught up, and says so', async () => {
  await using log = await eventLog()
  await appendMany(log, 1_203)
  const reader = log.read({ until: 'present' })
  await reader.over
  expect(reader.seqs()).toHaveLength(1_203)
  expect(reader.lines.at(-1)).toMatchObject({ type: 'end', body: { reason: 'present', after: 1_203 } })
  expect(reader.closed).toBe(1)
})

test('`while-active` stays as long as something runs, and ends after the line that ended it', async () => {
  await using log = await eventLog()
  const reader = log.read({ until: 'while-active' })
  await log.append({ type: 'job.succeeded', scope: 'p', job: JOB }) // another one still runs
  await appendMany(log, 1)
  expect(reader.closed).toBe(0)
  log.running = false
  await log.append({ type: 'job.failed', scope: 'p', job: { ...JOB, id: 'k' } })
  await reader.over
  expect(reader.types()).toEqual(['heartbeat', 'job.succeeded', 'x', 'job.failed', 'end'])
})

test('`while-active` ends at once where nothing runs, also when that happens during the replay', async () => {
  await using log = await eventLog()
  log.running = false
  const idle = log.read({ until: 'while-active' })
  await idle.over
  expect(idle.types()).toEqual(['heartbeat', 'end'])

  log.running = true
  await appendMany(log, 10)
  const slow = slowSink(5)
  const reader = log.read({ until: 'while-active' }, slow)
  await until(() => reader.seqs().length === 5)
  log.running = false
  await log.append({ type: 'job.cancelled', scope: 'p', job: JOB })
  slow.open()
  await reader.over
  expect(reader.types().slice(-2)).toEqual(['job.cancelled', 'end'])
})

test('work that is queued while the question is asked keeps the stream open', async () => {
  await using log = await eventLog()
  let answer = Promise.withResolvers<boolean>()
  log.hub.source = { ...log.hub.source, active: () => answer.promise }
  const reader = log.read({ until: 'while-active' })
  await log.append({ type: 'job.succeeded', scope: 'p', job: JOB })
  const asked = answer
  answer = Promise.withResolvers()
  await log.append({ type: 'job.queued', scope: 'p', job: { ...JOB, id: 'next' } })
  asked.resolve(false)
  answer.resolve(true)
  await appendMany(log, 1)
  expect(reader.types()).not.toContain('end')
  reader.leave()
})

test('`stay` outlasts all work', async () => {
  await using log = await eventLog()
  log.running = false
  const reader = log.read()
  await log.append({ type: 'job.succeeded', scope: 'p', job: JOB })
  await appendMany(log, 1)
  expect(reader.types()).toEqual(['heartbeat', 'job.succeeded', 'x'])
  reader.leave()
})

test('a job’s stream ends with its terminal event and nothing after it', async () => {
  await using log = await eventLog()
  const reader = log.read({ scope: { job: 'j' }, until: 'while-active' })
  await log.append({ type: 'job.started', scope: 'p', job: JOB })
  log.running = false
  await log.append({ type: 'job.succeeded', scope: 'p', job: JOB })
  await reader.over
  expect(reader.types()).toEqual(['heartbeat', 'job.started', 'job.succeeded'])
})

test('a job’s reader that has the terminal event already is told that this is the end', async () => {
  await using log = await eventLog()
  log.running = false
  const seq = await log.append({ type: 'job.succeeded', scope: 'p', job: JOB })
  const reader = log.read({ scope: { job: 'j' }, after: seq, until: 'while-active' })
  await reader.over
  expect(reader.types()).toEqual(['heartbeat', 'end'])
})

test('a stop of the server ends every stream with a line that says so, also in the middle of a replay', async () => {
  await using log = await eventLog()
  await appendMany(log, 10)
  const live = log.read()
  const slow = slowSink(3)
  const replaying = log.read({}, slow)
  await until(() => live.seqs().length === 10 && replaying.seqs().length === 3)
  log.hub.shutdown()
  slow.open()
  await Promise.all([live.over, replaying.over])
  expect(live.lines.at(-1)).toMatchObject({ type: 'end', body: { reason: 'shutdown', after: 10 } })
  expect(replaying.lines.at(-1)).toMatchObject({ type: 'end', body: { reason: 'shutdown', after: 3 } })
  expect([live.closed, replaying.closed, log.hub.size]).toEqual([1, 1, 0])
})

test('what happens while a slow reader gets the log comes after it; deltas go on from the state that it was given', async () => {
  await using log = await eventLog()
  log.hub.source = { ...log.hub.source, states: () => [state('one')] }
  await appendMany(log, 10)
  const slow = slowSink(3)
  const reader = log.read({}, slow)
  await until(() => reader.seqs().length === 3)
  log.hub.publish(delta(' two'))
  await log.append({ type: 'y', scope: 'p' })
  log.hub.publish(delta(' three'))
  slow.open()
  await until(() => reader.seqs().length === 11)
  expect(textOf(reader.lines)).toEqual(['one', ' two', ' three'])
  expect(reader.types().slice(-3)).toEqual(['delta', 'y', 'delta'])
  reader.leave()
})

test('a line that is held and also in the part of the log that is still to be read comes once', async () => {
  await using log = await eventLog()
  await appendMany(log, 700)
  const slow = slowSink(3)
  const reader = log.read({}, slow)
  await until(() => reader.seqs().length === 3)
  await appendMany(log, 2)
  slow.open()
  await until(() => reader.seqs().length >= 702)
  await appendMany(log, 1)
  await until(() => reader.seqs().at(-1) === 703)
  expect(reader.seqs()).toEqual(Array.from({ length: 703 }, (_, i) => i + 1))
  reader.leave()
})

test.each([
  ['live lines alone', 0, 1_500],
  ['durable lines alone', 1_500, 0],
  ['both', 1_200, 1_200],
])(
  'a reader so slow that its buffer runs over misses no durable line and is told what it missed: %s',
  async (_what, durable, live) => {
    await using log = await eventLog()
    let text = ''
    log.hub.source = { ...log.hub.source, states: () => [state(text)] }
    await appendMany(log, 10)
    const slow = slowSink(3)
    const reader = log.read({}, slow)
    await until(() => reader.seqs().length === 3)
    for (let i = 0; i < Math.max(durable, live); i += 100) {
      for (let j = 0; i < live && j < 100; j++) {
        text += 'x'
        log.hub.publish(delta('x'))
      }
      if (i < durable) await appendMany(log, 100)
    }
    slow.open()
    await until(() => reader.seqs().length === 10 + durable)
    if (live > 0) await until(() => reader.types().includes('lagged')) // and now it hears what happens
    log.hub.publish(delta('!'))
    await until(() => reader.lines.at(-1)?.body.text === '!')

    expect(reader.seqs()).toEqual(Array.from({ length: 10 + durable }, (_, i) => i + 1))
    const lagged = reader.lines.findIndex(({ type }) => type === 'lagged')
    expect(lagged >= 0).toBe(live > 0)
    if (live > 0) expect(reader.lines[lagged]?.body.dropped).toBe(live)
    // what the reader holds, by its rules: a state replaces, a delta adds
    const held = reader.lines.reduce(
      (sum, { type, body }) => (type === 'state' ? `${body.text}` : type === 'delta' ? sum + body.text : sum),
      '',
    )
    expect(held).toBe(`${text}!`)
    reader.leave()
  },
)

test('a reader that waits for room in the log still hears a heartbeat each second', async () => {
  await using log = await eventLog()
  await appendMany(log, 10)
  const slow = slowSink(3)
  const reader = log.read({}, slow)
  await until(() => reader.seqs().length === 3)
  const before = performance.now()
  await until(() => reader.types().filter((type) => type === 'heartbeat').length === 2)
  expect(performance.now() - before).toBeLessThan(1_100)
  expect(HEARTBEAT_MS).toBeLessThan(1_000)
  slow.open()
  reader.leave()
})

test('a long replay lets the event loop have its turns', async () => {
  await using log = await eventLog()
  await appendMany(log, 3_000)
  let turns = 0
  const count = () => {
    turns++
    if (!done) setImmediate(count)
  }
  let done = false
  setImmediate(count)
  await log.read({ until: 'present' }).over
  done = true
  expect(turns).toBeGreaterThanOrEqual(6) // 500 lines each
})

test('a thousand who come at once all have their first lines before most have the log, and leave others their turns', async () => {
  await using log = await eventLog()
  await appendMany(log, 1)
  const readers = Array.from({ length: 1_000 }, () => log.read())
  expect(readers.every(({ lines }) => lines.length > 0)).toBe(true)
  const turn = () => new Promise<void>((go) => setImmediate(go))
  const have = () => readers.filter(({ seqs }) => seqs().length > 0).length
  let turns = 0
  for (; have() < readers.length; turns++) await turn()
  expect(turns).toBeGreaterThan(50)
  for (const reader of readers) reader.leave()
})

test('a sink that fails harms nobody else, and a log that can’t be read leaves nothing behind', async () => {
  await using log = await eventLog()
  const good = log.read()
  const bad = log.read(
    {},
    {
      send(lines) {
        if (lines.some(({ type }) => type === 'x')) throw new Error('broken pipe')
      },
    },
  )
  const failed = bad.over.catch((error) => error)
  await appendMany(log, 2)
  expect(await failed).toEqual(new Error('broken pipe'))
  expect(good.seqs()).toEqual([1, 2])
  expect([bad.closed, log.hub.size]).toEqual([1, 1])
  good.leave()

  await log.db.write((tx) => tx.run('ALTER TABLE events RENAME TO out_of_reach'))
  const broken = log.read()
  await expect(broken.over).rejects.toThrow()
  expect([broken.closed, log.hub.size]).toEqual([1, 0])
})

test('a reader that goes before the log was read is let go', async () => {
  await using log = await eventLog()
  await appendMany(log, 2)
  const reader = log.read()
  reader.leave()
  await reader.over
  await log.append({ type: 'x', scope: 'p' })
  expect([reader.types(), reader.closed, log.hub.size]).toEqual([['heartbeat'], 1, 0])
})

test('a tap that fails does not keep a line from the others', async () => {
  await using log = await eventLog()
  const heard: string[] = []
  log.hub.tap(() => {
    throw new Error('a bug')
  })
  log.hub.tap(({ type }) => void heard.push(type))
  const reader = log.read()
  await appendMany(log, 2)
  expect([heard, reader.seqs()]).toEqual([
    ['x', 'x'],
    [1, 2],
  ])
  reader.leave()
})
