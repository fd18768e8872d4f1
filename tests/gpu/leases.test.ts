import { expect, test } from 'bun:test'
import { pretendedProbe } from '../../src/gpu/devices/probe.ts'
import { openDeviceWatch } from '../../src/gpu/devices/watch.ts'
import type { Device } from '../../src/gpu/devices.ts'
import { openDevicePool } from '../../src/gpu/leases.ts'
import { stoppedClock } from '../support/clock.ts'
import { silent } from '../support/database.ts'

const device = (id: string, kind: Device['kind'] = 'cuda'): Device => ({
  id,
  name: id,
  kind,
  totalBytes: 8,
  freeBytes: 8,
})

async function poolOf(devices: Device[], cpuSlots = 1) {
  const clock = stoppedClock()
  const watch = await openDeviceWatch({
    probe: pretendedProbe(devices),
    clock,
    log: silent,
    lives: false,
    addsCpu: false,
  })
  return openDevicePool({ watch, clock, cpuSlots })
}

test('a device is leased to one at a time, in the order of asking', async () => {
  const pool = await poolOf([device('GPU-a')])
  const order: string[] = []
  const work = async (name: string) => {
    await using lease = await pool.acquire()
    order.push(`${name} on ${lease.device.id}`)
    expect(pool.counts().busy).toBe(1)
    await Bun.sleep(1)
  }
  await Promise.all(['first', 'second', 'third'].map(work))
  expect(order).toEqual(['first on GPU-a', 'second on GPU-a', 'third on GPU-a'])
  expect(pool.counts()).toEqual({ busy: 0, waiting: 0, slots: 1 })
})

test('two GPUs serve two, and a CPU as many as it is told', async () => {
  const gpus = await poolOf([device('GPU-a'), device('GPU-b')])
  const ids = (await Promise.all([gpus.acquire(), gpus.acquire()])).map((lease) => lease.device.id)
  expect(ids).toEqual(['GPU-a', 'GPU-b'])
  expect((await poolOf([device('cpu', 'cpu')], 3)).counts().slots).toBe(3)
})

test('who gives up while waiting leaves the queue, and nobody loses the device', async () => {
  const pool = await poolOf([device('GPU-a')])
  const held = await pool.acquire()
  const impatient = new AbortController()
  const given = pool.acquire(impatient.signal)
  const patient = pool.acquire()
  impatient.abort(new Error('cancelled'))
  await expect(given).rejects.toThrow('cancelled')
  expect(pool.counts().waiting).toBe(1)
  await held[Symbol.asyncDispose]()
  await using lease = await patient
  expect(lease.device.id).toBe('GPU-a')
})

test('a lease that is given back twice frees one device', async () => {
  const pool = await poolOf([device('GPU-a')])
  const lease = await pool.acquire()
  await lease[Symbol.asyncDispose]()
  await lease[Symbol.asyncDispose]()
  expect(pool.counts()).toEqual({ busy: 0, waiting: 0, slots: 1 })
})

test('who has given up before asking gets nothing', async () => {
  const pool = await poolOf([device('GPU-a')])
  await expect(pool.acquire(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
  expect(pool.counts().busy).toBe(0)
})

test('where there is a GPU the CPU serves what wants it, and nothing that wants the GPU', async () => {
  const pool = await poolOf([device('GPU-a'), device('cpu', 'cpu')])
  const sketching = await pool.acquire(undefined, { kinds: ['cpu'] })
  const painting = await pool.acquire(undefined, { kinds: ['cuda', 'cpu'] })
  expect([sketching.device.id, painting.device.id]).toEqual(['cpu', 'GPU-a'])
  const more = pool.acquire(undefined, { kinds: ['cuda', 'cpu'] })
  await sketching[Symbol.asyncDispose]()
  expect(pool.counts()).toEqual({ busy: 1, waiting: 1, slots: 2 }) // it waits for the GPU, though the CPU is free
  await painting[Symbol.asyncDispose]()
  expect((await more).device.id).toBe('GPU-a')
})

test('a device that has loaded the same last is taken before others, and is told as warm while it is free', async () => {
  const pool = await poolOf([device('GPU-a'), device('GPU-b'), device('GPU-c')])
  const [, second] = await Promise.all([pool.acquire(), pool.acquire(undefined, { profile: 'sdxl/base' })])
  await second![Symbol.asyncDispose]()
  expect(pool.warm()).toEqual(['sdxl/base'])
  const other = await pool.acquire(undefined, { profile: 'flux/dev' })
  expect(other.device.id).toBe('GPU-b') // nothing is warm for it: the first that is free
  await other[Symbol.asyncDispose]()
  const third = await pool.acquire(undefined, { profile: 'flux/dev', prefer: ({ id }) => (id === 'GPU-c' ? 1 : 0) })
  expect(third.device.id).toBe('GPU-c')
  expect(pool.held().map(({ device, profile }) => [device, profile])).toEqual([
    ['GPU-a', null],
    ['GPU-c', 'flux/dev'],
  ])
})

test('a look that fails gives the device back', async () => {
  const clock = stoppedClock()
  let looks = 0
  const devices = () => {
    if (++looks === 2) throw new Error('the tool is broken')
    return [device('GPU-a')]
  }
  const probe = pretendedProbe(devices)
  const watch = await openDeviceWatch({ probe, clock, log: silent, lives: false, addsCpu: false })
  const pool = openDevicePool({ watch, clock })
  clock.pass(2_000)
  await expect(pool.acquire()).rejects.toThrow('the tool is broken')
  expect(pool.counts()).toEqual({ busy: 0, waiting: 0, slots: 1 })
  await using lease = await pool.acquire()
  expect(lease.device.id).toBe('GPU-a')
})
