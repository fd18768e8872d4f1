import { describe, expect, test } from 'bun:test'
import type { WorkerLine } from '../../src/gpu/protocol.ts'
import { type RenderSpec, render } from '../../src/gpu/render.ts'
import { followForward, type Known, patienceIn } from '../../src/gpu/standstill.ts'
import { PROTOCOL } from '../../src/gpu/wire.ts'
import { faultyAttempts, faultySpec, processesOf } from '../support/gpu-faulty.ts'

const MINUTE = 60_000
const never = new AbortController().signal
const GPU: Known = { kind: 'cuda', expected: null, own: {} }
const learned = (stepMs: number | null, loadMs: number | null = null): Known => ({
  ...GPU,
  expected: { loadMs, encodeMs: null, stepMs, decodeMs: null, saveMs: null },
})

const line = (said: object) =>
  ({ v: PROTOCOL, seq: 0, t: 0, job: 'job-1', attempt: 1, ...said }) as unknown as WorkerLine
const step = (step: number) => line({ type: 'progress', step, steps: 30 })

function followed() {
  const clock = { at: 0 }
  const forward = followForward(() => clock.at)
  const hear = (said: WorkerLine, after = 1_000) => {
    clock.at += after
    forward.hear(said)
  }
  return { forward, hear }
}

describe('a work that stands still', () => {
  test('is one whose heartbeats go on, whatever time they tell and however often', () => {
    const { forward, hear } = followed()
    hear(line({ type: 'phase', phase: 'denoise' }))
    hear(step(7))
    for (let seq = 0; seq < 60; seq++) hear(line({ type: 'heartbeat', seq, t: seq, usedBytes: 5e9, peakBytes: 5e9 }))
    expect(forward.stillMs()).toBe(59_000) // the first one told of memory that it had not before
    expect(forward.place()).toBe('step 7 of 30')
  })

  test('is one that says the same step, or the same preview, again and again', () => {
    const { forward, hear } = followed()
    for (let seq = 0; seq < 10; seq++) {
      hear(line({ ...step(7), seq, t: seq }))
      hear(line({ type: 'preview', file: 'previews/7.png', step: 7, seq, t: seq }))
    }
    expect(forward.stillMs()).toBe(18_000)
  })

  test('is none that counts bytes or tiles, or fills its memory', () => {
    const { forward, hear } = followed()
    for (const said of [
      line({ type: 'progress', bytes: 1, totalBytes: 4 }),
      line({ type: 'progress', bytes: 2, totalBytes: 4 }),
      line({ type: 'heartbeat', usedBytes: 1e9 }),
      line({ type: 'heartbeat', usedBytes: 2e9 }),
      line({ type: 'phase', phase: 'decode' }),
      line({ type: 'progress', step: 1, steps: 9 }),
      line({ type: 'checkpoint', file: 'ckpt/1.bin', step: 1 }),
    ]) {
      hear(said)
      expect(forward.stillMs()).toBe(0)
    }
    hear(line({ type: 'heartbeat', usedBytes: 2.001e9 }))
    expect(forward.stillMs()).toBe(1_000) // a leak
  })
})

describe('patience', () => {
  test('is long where nothing is known, and longer on a processor', () => {
    expect(patienceIn('denoise', GPU, null)).toBe(30 * MINUTE)
    expect(patienceIn('load', GPU, null)).toBe(60 * MINUTE)
    expect(patienceIn('denoise', { ...GPU, kind: 'cpu' }, null)).toBe(120 * MINUTE)
  })

  test('is twenty times what was learned, but not too short, nor too long, nor shorter than the thing itself', () => {
    expect(patienceIn('denoise', learned(60_000), null)).toBe(20 * MINUTE)
    expect(patienceIn('denoise', learned(200), null)).toBe(5 * MINUTE)
    expect(patienceIn('denoise', { ...learned(200), kind: 'cpu' }, null)).toBe(20 * MINUTE)
    expect(patienceIn('load', learned(null, 2_000), null)).toBe(10 * MINUTE)
    expect(patienceIn('denoise', learned(60 * MINUTE), null)).toBe(360 * MINUTE)
    expect(patienceIn('denoise', learned(300 * MINUTE), null)).toBe(900 * MINUTE)
  })

  test('goes by the slowest of its own steps, once there are enough', () => {
    const { forward, hear } = followed()
    for (const n of [1, 2, 3]) hear(step(n), 1_000)
    expect(forward.stepMs()).toBeNull()
    hear(step(4), 60_000)
    hear(step(5), 1_000)
    expect(forward.stepMs()).toBe(60_000)
    expect(patienceIn('denoise', GPU, forward.stepMs())).toBe(20 * MINUTE)
    expect(patienceIn('denoise', learned(200), forward.stepMs())).toBe(20 * MINUTE)
  })

  test('is what an engine says that can tell of nothing', () => {
    expect(patienceIn('load', { ...learned(null, 2_000), own: { load: 7 } }, null)).toBe(7)
  })
})

test('a worker that beats but does not step is ended, says where it stood, and the next goes on from its checkpoint', async () => {
  const run = (deps: ReturnType<typeof faultyAttempts>, spec: RenderSpec) => render(deps, spec, {}, never)
  const params = { steps: 6 }
  using whole = faultyAttempts()
  const wanted = (await run(whole, faultySpec(null, {}, { params }))).outputs[0]!.sha256
  using deps = faultyAttempts({ patience: { denoise: 2_000 } })
  await expect(run(deps, faultySpec('stall', { step: 4 }, { params }))).rejects.toMatchObject({
    code: 'gpu_worker_stalled',
    retryable: true,
    message: expect.stringMatching(/^The renderer stood still for \d s while in “denoise” \(at step 3 of 6\)/),
    context: { phase: 'denoise', place: 'step 3 of 6' },
  })
  expect(processesOf(deps.attempts)).toEqual([])
  const { resumedFrom, outputs } = await run(deps, faultySpec(null, {}, { params, attempt: 2 }))
  expect([resumedFrom, outputs[0]!.sha256]).toEqual([3, wanted])
}, 60_000)
