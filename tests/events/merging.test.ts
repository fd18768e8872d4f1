import { expect, test } from 'bun:test'
import { MERGING } from '../../src/events/audience.ts'
import { type Hub, openHub } from '../../src/events/hub.ts'
import { type JobRef, type Line, type Lines, liveLine, type Scope } from '../../src/events/line.ts'
import { eventLog } from '../support/events.ts'
import { until } from '../support/jobs.ts'
import { countTimers } from '../support/timers.ts'

const JOB: JobRef = { id: 'j', kind: 'write', attempt: 1, startedAt: 0 }
const SCOPE = { project: 'p' }
const MANY = MERGING.above + 1

const tell = (type: string, body: object, job = JOB) => liveLine(type, 0, 'p', job, { ...body })
const delta = (text: string, job = JOB) => tell('delta', { text }, job)
const progress = (bytes: number, job = JOB) => tell('progress', { bytes }, job)
const durable = (seq: number, job = JOB): Line => ({ ...tell('job.phase', {}, job), seq, prevInScope: seq - 1 })
const says = (lines: Lines) => lines.map(({ type, body }) => `${type} ${body.text ?? body.bytes ?? ''}`.trim())

/** One who notes what it is told, and by how many deliveries. */
function listener(hub: Hub, scope: Scope = SCOPE) {
  const told: Lines[] = []
  const subscriber = { scope, deliver: (lines: Lines) => void told.push(lines), over() {} }
  hub.subscribe(subscriber)
  return { told, leave: () => hub.unsubscribe(subscriber), lines: () => told.flat() }
}

function listeners(hub: Hub, count: number) {
  return Array.from({ length: count }, () => listener(hub))
}

test('up to 200 readers hear each live line at once', () => {
  expect(MERGING).toEqual({ above: 200, ms: 100 })
  using hub = openHub({ now: () => 0 })
  const readers = listeners(hub, MERGING.above)
  hub.publish(delta('a'))
  hub.publish(delta('b'))
  for (const { told } of readers) expect(told.map(says)).toEqual([['delta a'], ['delta b']])
})

test('more hear what came within 100 ms at once: the text of a job in one piece, and each line of progress', async () => {
  using hub = openHub({ now: () => 0 })
  const readers = listeners(hub, MANY)
  const other = { ...JOB, id: 'k' }
  for (const line of [delta('a'), delta('x', other), delta('b'), progress(500), progress(1_000), delta('y', other)])
    hub.publish(line)
  hub.publish(delta('c'))
  hub.publish(delta('again', { ...JOB, attempt: 2 }))
  const began = performance.now()
  expect(readers[0]!.told).toEqual([])
  await until(() => readers[0]!.told.length > 0)
  expect(performance.now() - began).toBeGreaterThan(MERGING.ms / 2)

  const wanted = ['delta ab', 'delta xy', 'progress 500', 'progress 1000', 'delta c', 'delta again']
  for (const { told } of readers) expect(told).toEqual([readers[0]!.told[0]!])
  expect(says(readers[0]!.lines())).toEqual(wanted)
  expect(new Set(readers.map(({ told }) => told[0]))).toHaveProperty('size', 1) // so it is encoded once
})

test('a durable line is told at once, and with it what was waiting before it', () => {
  using hub = openHub({ now: () => 0 })
  const [reader] = listeners(hub, MANY)
  hub.publish(delta('a'))
  hub.publish(durable(1))
  hub.publish(durable(2))
  expect(reader!.told.map(says)).toEqual([['delta a', 'job.phase'], ['job.phase']])
})

test('who comes between hears nothing that its first `state` contains', () => {
  using hub = openHub({ now: () => 0 })
  const readers = listeners(hub, MANY)
  hub.publish(delta('a'))
  const late = listener(hub)
  hub.publish(delta('b'))
  hub.publish(durable(1))
  expect(late.told.map(says)).toEqual([['delta b', 'job.phase']])
  expect(readers[0]!.told.map(says)).toEqual([['delta a'], ['delta b', 'job.phase']])
})

test('states that are asked for later come after all that they contain', () => {
  using hub = openHub({ now: () => 0 })
  const readers = listeners(hub, MANY)
  hub.publish(delta('a'))
  hub.source = { ...hub.source, states: () => [tell('state', { text: 'a' })] }
  expect(says(hub.states(SCOPE))).toEqual(['state a'])
  expect(readers[0]!.told.map(says)).toEqual([['delta a']])
})

test('when many leave, what was waiting for all reaches those who stay, and then each line comes by itself', () => {
  using hub = openHub({ now: () => 0 })
  const readers = listeners(hub, MANY)
  hub.publish(delta('a'))
  for (const { leave } of readers.slice(1)) leave()
  hub.publish(delta('b'))
  hub.publish(delta('c'))
  expect(readers[0]!.told.map(says)).toEqual([['delta a', 'delta b'], ['delta c']])
})

test('a stop of the server is said after what was waiting', async () => {
  await using log = await eventLog({ merging: { above: 1, ms: 60_000 } })
  const [reader] = [log.read(), log.read()]
  await log.append({ type: 'x', scope: 'p' })
  await until(() => reader.seqs().length === 1)
  log.hub.publish(delta('a'))
  log.hub.shutdown()
  await reader.over
  expect(reader.types()).toEqual(['heartbeat', 'x', 'delta', 'end'])
})

test('when all have left no timer is left', () => {
  using hub = openHub({ now: () => 0 })
  using timers = countTimers()
  const readers = listeners(hub, MANY)
  hub.publish(delta('a'))
  expect(timers.pending).toBe(1)
  for (const { leave } of readers) leave()
  expect([timers.pending, hub.size]).toEqual([0, 0])
})

test('a reader that fell behind while lines were merged goes on from the state that it is given', async () => {
  await using log = await eventLog({ merging: { above: 1, ms: 5 } })
  let text = ''
  log.hub.source = { ...log.hub.source, states: () => [tell('state', { text })] }
  const write = (piece: string) => {
    text += piece
    log.hub.publish(delta(piece))
  }
  for (let i = 0; i < 10; i++) await log.append({ type: 'x', scope: 'p' })
  const opened = Promise.withResolvers<void>()
  const slow = log.read({}, { room: () => opened.promise })
  const quick = log.read()
  await until(() => quick.seqs().length === 10)
  for (let i = 0; i < 1_100; i++) {
    write('x')
    log.hub.publish(progress(i)) // so that no delta joins another
  }
  await until(() => shown(quick.lines, 'j') === text)
  write('y') // waits while the slow one goes live
  opened.resolve()
  await until(() => slow.types().includes('lagged'))
  write('z')
  await until(() => shown(quick.lines, 'j') === text)
  expect(shown(slow.lines, 'j')).toBe(text)
  for (const reader of [slow, quick]) reader.leave()
})

/** The text that a reader shows. */
function shown(lines: Line[], job: string): string {
  let text = ''
  for (const line of lines) {
    if (line.job !== job) continue
    if (line.type === 'state') text = `${line.body.text}`
    if (line.type === 'delta') text += line.body.text
  }
  return text
}
