import { expect, test } from 'bun:test'
import type { Probe, Sight } from '../../src/gpu/devices/probe.ts'
import { openDeviceWatch } from '../../src/gpu/devices/watch.ts'
import type { Device } from '../../src/gpu/devices.ts'
import { openDevicePool } from '../../src/gpu/leases.ts'
import { stoppedClock } from '../support/clock.ts'
import { silent } from '../support/database.ts'
import { until } from '../support/jobs.ts'

const GIB = 1024 ** 3
const card = (id: string, freeBytes = 24 * GIB): Device => ({
  id,
  name: `Card ${id}`,
  kind: 'cuda',
  totalBytes: 24 * GIB,
  freeBytes,
})

/** A watched machine, whose answers a test can change. */
async function machine(first: Sight, busy = () => false) {
  const clock = stoppedClock()
  const state = { sight: first, looks: 0 }
  const probe: Probe = async () => {
    state.looks++
    return { NVIDIA: state.sight }
  }
  const watch = await openDeviceWatch({ probe, clock, log: silent, busy })
  return { clock, state, watch, pool: openDevicePool({ watch, clock }), ids: () => watch.now().map(({ id }) => id) }
}

test('the devices are looked at every three seconds while there is work, and once a minute while there is none', async () => {
  let working = false
  const { clock, state, watch } = await machine({ devices: [card('a')] }, () => working)
  await using _ = watch
  const pass = async (times: number) => {
    for (let i = 0; i < times; i++) {
      clock.pass(3_000)
      await Bun.sleep(0)
      await watch.recent(Number.POSITIVE_INFINITY)
    }
  }
  await pass(20)
  expect(state.looks).toBe(1)
  await pass(1)
  expect(state.looks).toBe(2)
  working = true
  await pass(5)
  expect(state.looks).toBe(7)
  expect(watch.history('a').map(({ at }) => at)).toHaveLength(7)
})

test('a device that is plugged in serves who waits, and one that is taken away is leased no more', async () => {
  const { state, watch, pool, ids } = await machine({ devices: [card('a')] })
  await using _ = watch
  const first = await pool.acquire()
  const waiting = pool.acquire()
  state.sight = { devices: [card('b'), card('a')] }
  await watch.look()
  const second = await waiting
  expect([first.device.id, second.device.id]).toEqual(['a', 'b'])
  expect(pool.counts()).toEqual({ busy: 2, waiting: 0, slots: 3 }) // two cards, and the CPU for what needs no card

  state.sight = { devices: [card('b')] }
  await watch.look()
  expect(ids()).toEqual(['b', 'cpu'])
  const third = pool.acquire()
  await first[Symbol.asyncDispose]() // its card is gone: it is not leased again
  expect(pool.counts()).toMatchObject({ busy: 1, waiting: 1 })
  await second[Symbol.asyncDispose]()
  expect((await third).device.id).toBe('b')
})

test('a tool that fails now and then takes no device away, and one that fails for good does', async () => {
  const { state, watch, ids } = await machine({ devices: [card('a')] })
  await using _ = watch
  let changes = 0
  watch.onChange(() => changes++)
  state.sight = { failed: 'Unable to talk to the driver' }
  for (const left of [['a', 'cpu'], ['a', 'cpu'], ['cpu']]) {
    await watch.look()
    expect(ids()).toEqual(left)
  }
  expect(changes).toBe(1)
  expect(watch.troubles()).toEqual([
    'Not all of NVIDIA’s devices could be asked. Their tool says: Unable to talk to the driver',
  ])
  state.sight = { devices: [card('a')] }
  await watch.look()
  expect([ids(), watch.troubles()]).toEqual([['a', 'cpu'], []])
})

test('all who look while somebody looks get one answer, of a look that begins after they asked', async () => {
  const { state, watch } = await machine({ devices: [] })
  await using _ = watch
  const begun = watch.look()
  state.sight = { devices: [card('a')] }
  const [first, ...others] = await Promise.all([begun, watch.look(), watch.look()])
  expect(first.map(({ id }) => id)).toEqual(['cpu'])
  for (const seen of others) expect(seen.map(({ id }) => id)).toEqual(['a', 'cpu'])
  expect(state.looks).toBe(3)
})

test('a degraded device is leased no more until its memory is back', async () => {
  const { clock, state, watch, pool } = await machine({ devices: [card('a'), card('b')] })
  await using _ = watch
  watch.degrade('a', { why: 'blender holds it', pid: 77, backAt: 20 * GIB })
  expect(watch.degraded('a')).toMatchObject({ why: 'blender holds it', pid: 77 })
  const first = await pool.acquire()
  expect(first.device.id).toBe('b')
  const waiting = pool.acquire()
  state.sight = { devices: [card('a', 19 * GIB), card('b')] }
  clock.pass(3_000) // a degraded one is looked at as often as if there were work
  await until(async () => watch.history('a').at(-1)!.freeBytes === 19 * GIB, 'a look')
  expect(watch.degraded('a')).not.toBeNull()
  state.sight = { devices: [card('a', 21 * GIB), card('b')] }
  clock.pass(3_000)
  expect((await waiting).device.id).toBe('a')
  expect(watch.degraded('a')).toBeNull()
})

test('a person may say that a degraded device is used again', async () => {
  const { watch, pool } = await machine({ devices: [card('a')] })
  await using _ = watch
  watch.degrade('a', { why: 'nobody knows', backAt: 24 * GIB + 1 })
  const waiting = pool.acquire()
  expect(pool.counts()).toEqual({ busy: 0, waiting: 1, slots: 1 })
  expect(watch.mend('a')).toBe(true)
  expect((await waiting).device.id).toBe('a')
  expect(watch.mend('a')).toBe(false)
})
