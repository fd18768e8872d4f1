import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ndjson, sse, sseMessage } from '../../src/events/encode.ts'
import { type Line, liveLine } from '../../src/events/line.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const durable: Line = {
  type: 'file.written',
  at: 1_000,
  seq: 7,
  scope: 'p',
  job: 'j',
  prevInScope: 5,
  prevInJob: 3,
  body: { job: 'j', kind: 'write', attempt: 1, elapsed: 1.5, by: 'job:j', path: 'a\nb.html' },
}

test('an NDJSON line is one object on one line, whatever it says', () => {
  const line = text(ndjson([durable], { project: 'p' }))
  expect(line.indexOf('\n')).toBe(line.length - 1)
  expect(JSON.parse(line)).toEqual({ type: 'file.written', at: 1_000, seq: 7, prev: 5, ...durable.body })
})

test('`prev` is the line before in this stream, and 0 for the first', () => {
  expect(JSON.parse(text(ndjson([durable], { job: 'j' }))).prev).toBe(3)
  const first = { ...durable, prevInScope: null }
  expect(JSON.parse(text(ndjson([first], { project: 'p' }))).prev).toBe(0)
})

test('a live line has neither seq nor prev', () => {
  const line = liveLine('heartbeat', 5, null, null, { jobs: [] })
  expect(JSON.parse(text(ndjson([line], { project: 'p' })))).toEqual({ type: 'heartbeat', at: 5, jobs: [] })
})

test('what a line says can’t stand in for its type, time, seq or prev', () => {
  const forged = { ...durable, body: { type: 'job.succeeded', at: 0, seq: 99, prev: 98 } }
  expect(JSON.parse(text(ndjson([forged], { project: 'p' })))).toEqual({
    type: 'file.written',
    at: 1_000,
    seq: 7,
    prev: 5,
  })
})

test('an event-stream message has its type as event, its seq as id, and its JSON as data', () => {
  const [id, event, data, ...end] = text(sse([durable], { project: 'p' })).split('\n')
  expect([id, event, ...end]).toEqual(['id: 7', 'event: file.written', '', ''])
  expect(JSON.parse(data!.replace('data: ', '')).path).toBe('a\nb.html')
  expect(text(sse([liveLine('end', 5, null, null, {})], { project: 'p' }))).not.toContain('id:')
})

test('data of several lines is one message that reads back as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[\r\n]/g, ' '))), (parts) => {
      const data = parts.join('\n')
      const message = sseMessage({ id: 3, event: 'html', data })
      expect(message.endsWith('\n\n')).toBe(true)
      const read = message.split('\n').filter((line) => line.startsWith('data: '))
      expect(read.map((line) => line.slice(6)).join('\n')).toBe(data)
    }),
  )
})

test('a line is encoded once for all who read the same kind of stream', () => {
  expect(ndjson([durable], { project: 'p' })).toBe(ndjson([durable], { project: 'p' }))
  expect(ndjson([durable], { project: 'p' })).not.toBe(ndjson([durable], { job: 'j' }))
  expect(sse([durable], { job: 'j' })).toBe(sse([durable], { job: 'j' }))
})

test('lines that go out together are one piece of bytes, made once, and the same as one after the other', () => {
  const lines = [liveLine('delta', 5, 'p', null, { text: 'a' }), durable]
  const scope = { project: 'p' }
  for (const encode of [ndjson, sse]) {
    expect(text(encode(lines, scope))).toBe(lines.map((line) => text(encode([line], scope))).join(''))
    expect(encode(lines, scope)).toBe(encode(lines, scope))
  }
})
