import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { removeEvents } from '../../src/events/compactions.ts'
import { leap } from '../../src/events/leap.ts'
import type { JobRef, Line, Scope } from '../../src/events/line.ts'
import { eventLog, type Reading, type TestLog } from '../support/events.ts'
import { until } from '../support/jobs.ts'

const PROJECT: Scope = { project: 'p' }
const job = (id: string): JobRef => ({ id, kind: 'write', attempt: 1, startedAt: 0 })

/** Removes events of a project's log that tell of steps on the way, up to a `seq`, as retention does. */
async function compact(log: TestLog, upTo: number): Promise<void> {
  const all = await log.stored(PROJECT)
  const last = new Map(all.flatMap(({ job, seq }) => (job === null ? [] : [[job, seq!]])))
  const gone = all.filter(({ type, seq, job }) => type === 'job.phase' && seq! <= upTo && seq! < last.get(job!)!)
  await log.db.write((tx) =>
    removeEvents(
      tx,
      gone.map(({ seq, job }) => ({ seq: seq!, job: job!, project: 'p' })),
    ),
  )
}

/** The chain of a stream: each durable line names the one before it, from what the reader had on. */
function expectChain(lines: Line[], scope: Scope, after: number): void {
  let last = after
  for (const line of lines.filter(({ seq }) => seq !== null)) {
    const prev = ('job' in scope ? line.prevInJob : line.prevInScope) ?? 0
    expect(prev).toBe(last)
    last = line.seq!
  }
}

const resets = ({ lines }: Reading) => lines.filter(({ type }) => type === 'reset')

test('a reader from before the horizon gets one `reset` with the present state, then what follows; one after it sees nothing different', async () => {
  await using log = await eventLog()
  log.hub.source = { ...log.hub.source, present: async () => ({ project: { title: 'A bakery' } }) }
  await log.append({ type: 'project.created', scope: 'p' })
  for (let i = 0; i < 3; i++) await log.append({ type: 'job.phase', scope: 'p', job: job('j') })
  await log.append({ type: 'job.succeeded', scope: 'p', job: job('j') })
  await log.append({ type: 'project.updated', scope: 'p' })
  await compact(log, 100)
  expect((await log.stored(PROJECT)).map(({ seq }) => seq)).toEqual([1, 5, 6])
  for (const after of [0, 1, 2, 3]) {
    const reader = log.read({ after, until: 'present' })
    await reader.over
    expect(reader.types()).toEqual(['heartbeat', 'reset', 'job.succeeded', 'project.updated', 'end'])
    expect(resets(reader)).toMatchObject([{ seq: 4, body: { state: { project: { title: 'A bakery' } } } }])
    expectChain(reader.lines, PROJECT, after)
  }
  for (const after of [4, 5, 6]) {
    const reader = log.read({ after, until: 'present' })
    await reader.over
    expect(reader.seqs()).toEqual([5, 6].filter((seq) => seq > after))
    expectChain(reader.lines, PROJECT, after)
  }
  const ofJob = log.read({ scope: { job: 'j' }, until: 'present' })
  await ofJob.over
  expect(ofJob.types()).toEqual(['heartbeat', 'reset', 'job.succeeded'])
  expectChain(ofJob.lines, { job: 'j' }, 0)
})

test('a reader who has read beyond the end of the log, which a backup has put back, is reset and goes on', async () => {
  await using log = await eventLog()
  await log.append({ type: 'x', scope: 'p' })
  await log.append({ type: 'x', scope: 'p' })
  await log.append({ type: 'elsewhere', scope: 'q' })
  const reader = log.read({ after: 1_000 })
  await until(() => resets(reader).length === 1)
  await log.append({ type: 'y', scope: 'p' })
  await until(() => reader.types().includes('y'))
  expect(reader.types()).toEqual(['heartbeat', 'reset', 'y'])
  expectChain(reader.lines, PROJECT, 1_000)
  const present = log.read({ after: 4 })
  await log.append({ type: 'z', scope: 'p' })
  await until(() => present.types().includes('z'))
  expect(resets(present)).toEqual([])
  reader.leave()
  present.leave()
})

test('a reader whose last line is of a log that a backup has replaced is reset, also when that has grown past it since', async () => {
  await using log = await eventLog()
  for (let i = 0; i < 4; i++) await log.append({ type: 'x', scope: i % 2 ? 'q' : 'p' })
  await log.db.write((tx) => leap(tx, log.clock.now()))
  const lost = [5, 40, log.clock.now() - 1]
  for (const after of lost) expect((await readFrom(log, after)).types()).toEqual(['heartbeat', 'reset', 'end'])
  const first = await log.append({ type: 'y', scope: 'p' })
  await log.append({ type: 'y', scope: 'q' })
  expect(first).toBeGreaterThan(log.clock.now())
  for (const after of lost) {
    const reader = await readFrom(log, after)
    expect(reader.types()).toEqual(['heartbeat', 'reset', 'end'])
    expect(resets(reader)[0]!.seq).toBe(first)
    expectChain(reader.lines, PROJECT, after)
  }
  for (const after of [0, 1, 2, 3, 4, first, first + 1]) {
    const reader = await readFrom(log, after)
    expect(resets(reader)).toEqual([])
    expectChain(reader.lines, PROJECT, Math.max(0, ...[1, 3, first].filter((seq) => seq <= after)))
  }
})

test('a log that is put back twice tells its readers apart each time, also when the clock has gone back', async () => {
  await using log = await eventLog()
  await log.append({ type: 'x', scope: 'p' })
  const seqs: number[] = []
  for (const at of [log.clock.now(), log.clock.now() + 60_000, 0]) {
    await log.db.write((tx) => leap(tx, at))
    seqs.push(await log.append({ type: 'x', scope: 'p' }))
  }
  const gaps = seqs.map((seq, i) => seq - (seqs[i - 1] ?? 1))
  expect(Math.min(...gaps)).toBeGreaterThan(999_999_999)
  for (const seq of seqs) expect(resets(await readFrom(log, seq - 1))).toHaveLength(1)
})

async function readFrom(log: TestLog, after: number): Promise<Reading> {
  const reader = log.read({ after, until: 'present' })
  await reader.over
  return reader
}

test('what is compacted while it is being read to somebody resets the reader, and nothing is left out in silence', async () => {
  await using log = await eventLog()
  for (let i = 0; i < 1_100; i++) log.append({ type: 'job.phase', scope: 'p', job: job('j') })
  await log.append({ type: 'job.succeeded', scope: 'p', job: job('j') })
  const open = Promise.withResolvers<void>()
  let taken = 0
  const reader = log.read({ until: 'present' }, { room: () => (++taken > 200 ? open.promise : Promise.resolve()) })
  await until(() => reader.seqs().length === 200)
  await compact(log, 1_050)
  open.resolve()
  await reader.over
  expect(resets(reader)).toHaveLength(1)
  expect(resets(reader)[0]!.seq).toBe(1_050)
  expect(reader.seqs().at(-1)).toBe(1_101)
  expectChain(reader.lines, PROJECT, 0)
})

test('whatever happened, was compacted and is being read: each durable line once and in order, or a reset, and an unbroken chain', async () => {
  const append = fc.record({
    do: fc.constant('append' as const),
    type: fc.constantFrom('job.phase', 'job.phase', 'job.phase', 'file.written', 'project.updated'),
    job: fc.constantFrom('j', 'k'),
  })
  const compaction = fc.record({ do: fc.constant('compact' as const), percent: fc.integer({ min: 30, max: 100 }) })
  const read = fc.record({
    do: fc.constant('read' as const),
    percent: fc.integer({ min: 0, max: 110 }),
    of: fc.constantFrom('p', 'j', 'k'),
    slow: fc.boolean(),
  })
  const turn = fc.record({ do: fc.constant('turn' as const) })
  const history = fc.array(append, { minLength: 8, maxLength: 30 })
  const later = fc.array(fc.oneof(append, compaction, read, turn), { minLength: 6, maxLength: 30 })
  const resetBy = { compaction: 0, restoring: 0 }
  await fc.assert(
    fc.asyncProperty(history, later, async (before, after) => {
      await using log = await eventLog()
      const readers: { after: number; scope: Scope; reader: Reading }[] = []
      const written: Line[] = []
      for (const a of [...before, ...after]) {
        if (a.do === 'append') {
          const own = a.type === 'project.updated' ? {} : { job: job(a.job) }
          await log.append({ type: a.type, scope: 'p', ...own })
          written.push(log.published.at(-1)!)
        }
        if (a.do === 'compact') await compact(log, Math.round((written.at(-1)!.seq! * a.percent) / 100))
        if (a.do === 'turn') await new Promise((go) => setImmediate(go))
        if (a.do === 'read') {
          const scope: Scope = a.of === 'p' ? PROJECT : { job: a.of }
          const mine = written.filter((line) => 'project' in scope || line.job === scope.job).map(({ seq }) => seq!)
          const beyond = (written.at(-1)?.seq ?? 0) + 1_000
          const at = Math.floor((a.percent * (mine.length + 1)) / 101)
          const after = a.percent > 100 ? beyond : at === 0 ? 0 : mine[at - 1]!
          const room = () => (a.slow ? new Promise<void>((go) => setImmediate(go)) : Promise.resolve())
          readers.push({ after, scope, reader: log.read({ after, scope }, { room }) })
        }
      }
      await log.append({ type: 'project.updated', scope: 'p' })
      for (const id of ['j', 'k']) await log.append({ type: 'job.succeeded', scope: 'p', job: job(id) })
      for (const { after, scope, reader } of readers) {
        const stored = await log.stored(scope)
        await until(() => reader.seqs().at(-1) === stored.at(-1)!.seq, 'the reader has caught up')
        reader.leave()
        await reader.over
        expectChain(reader.lines, scope, after)
        for (const { prevInScope } of resets(reader))
          resetBy[prevInScope! > stored.at(-1)!.seq! ? 'restoring' : 'compaction']++
        const last = reader.lines.findLast(({ type }) => type === 'reset')
        const told = reader.lines.slice(last ? reader.lines.indexOf(last) + 1 : 0).flatMap(({ seq }) => seq ?? [])
        const from = last?.seq ?? after
        expect(told.filter((seq) => stored.some((line) => line.seq === seq))).toEqual(
          stored.map(({ seq }) => seq!).filter((seq) => seq > from),
        )
        expect(told).toEqual([...new Set(told)].sort((x, y) => x - y))
      }
    }),
    { numRuns: 50 },
  )
  expect(Math.min(...Object.values(resetBy))).toBeGreaterThan(0)
}, 90_000)
