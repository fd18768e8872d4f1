import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type JobRef, type Line, liveLine, type Scope } from '../../src/events/line.ts'
import { eventLog, type Reading, type TestLog } from '../support/events.ts'
import { until } from '../support/jobs.ts'

const JOB: JobRef = { id: 'j', kind: 'write', attempt: 1, startedAt: 0 }
const tell = (type: string, body: object, job: JobRef) => liveLine(type, 0, 'p', job, { ...body })

const jobs = [JOB, { ...JOB, id: 'k' }] as const
const which = fc.nat(jobs.length - 1)
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), which, text: fc.string({ maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('progress' as const), which, bytes: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('replace' as const), which, text: fc.string({ maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('attempt' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('append' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), which: fc.nat(2), slow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), reader: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const), ms: fc.nat(3) }) },
)
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never
const SCOPES: Scope[] = [{ project: 'p' }, { job: 'j' }, { job: 'k' }]

test('readers show the same with merging as without, whatever happens and whoever comes and goes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 40 }), async (happenings) => {
      await using merged = await stage({ above: 1, ms: 1 })
      await using plain = await stage({ above: 1_000, ms: 1 })
      for (const one of happenings) {
        await Promise.all([merged.play(one), plain.play(one)])
        if (one.do === 'turn') await Bun.sleep(one.ms)
      }
      await Promise.all([merged.end(), plain.end()])
      merged.readers.forEach(({ reader, left }, i) => {
        const other = plain.readers[i]!.reader
        for (const { id } of jobs) {
          const [mine, whole] = [heard(reader.lines, id), heard(other.lines, id)]
          expect(mine).toEqual(left ? whole.slice(0, mine.length) : whole)
        }
        if (!left) expect(reader.seqs()).toEqual(other.seqs())
      })
    }),
    { numRuns: 40 },
  )
}, 60_000)

/** A log, and two jobs that write: what they have written is told to who comes. */
async function stage(merging: { above: number; ms: number }) {
  const log = await eventLog({ merging })
  const texts = new Map<string, { text: string; attempt: number }>()
  const readers: { reader: Reading; left: boolean }[] = []
  const ref = (i: number) => ({ ...jobs[i]!, attempt: texts.get(jobs[i]!.id)!.attempt })
  const stateOf = (i: number) => tell('state', { text: texts.get(jobs[i]!.id)!.text }, ref(i))
  for (const { id } of jobs) texts.set(id, { text: '', attempt: 1 })
  const states = (scope: Scope) =>
    [0, 1].filter((i) => !('job' in scope) || scope.job === jobs[i]!.id).map((i) => stateOf(i))
  log.hub.source = { ...log.hub.source, states }

  async function play(one: Happening): Promise<void> {
    if (one.do === 'turn') return
    if (one.do === 'join') return void readers.push({ reader: joined(log, one), left: false })
    if (one.do === 'leave') return leave(readers[one.reader])
    const text = texts.get(jobs[one.which]!.id)!
    if (one.do === 'append') return void (await log.append({ type: 'x', scope: 'p', job: ref(one.which) }))
    if (one.do === 'progress') return log.hub.publish(tell('progress', { bytes: one.bytes }, ref(one.which)))
    if (one.do === 'attempt') text.attempt++
    else text.text = one.do === 'write' ? text.text + one.text : one.text
    log.hub.publish(one.do === 'write' ? tell('delta', { text: one.text }, ref(one.which)) : stateOf(one.which))
  }

  return {
    readers,
    play,
    /** All catch up, then the server stops. */
    async end() {
      const last = await log.append({ type: 'x', scope: 'p' })
      await until(() =>
        readers.every(({ reader, left }) => left || 'job' in scopeOf(reader) || reader.seqs().at(-1) === last),
      )
      await Bun.sleep(5) // readers of one job have no last line to wait for
      log.hub.shutdown()
      await Promise.all(readers.map(({ reader }) => reader.over))
      expect(log.hub.size).toBe(0)
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  }
}

const scopes = new WeakMap<Reading, Scope>()
const scopeOf = (reader: Reading) => scopes.get(reader)!

function joined(log: TestLog, { which, slow }: { which: number; slow: boolean }): Reading {
  const room = () => (slow ? new Promise<void>((go) => setImmediate(go)) : Promise.resolve())
  const reader = log.read({ scope: SCOPES[which]! }, { room })
  scopes.set(reader, SCOPES[which]!)
  return reader
}

function leave(one: { reader: Reading; left: boolean } | undefined): void {
  if (!one) return
  one.reader.leave()
  one.left = true
}

/** What the lines say of a job, piece by piece: cut where no reader sees a seam. */
function heard(lines: Line[], job: string): string[] {
  return lines
    .filter((line) => line.job === job && line.seq === null)
    .flatMap(({ type, body }) =>
      type === 'delta' ? [...`${body.text}`] : [`${type} ${body.attempt} ${body.text ?? body.bytes}`],
    )
}
