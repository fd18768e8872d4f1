import { expect, test } from 'bun:test'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDeviceWatch } from '../../src/gpu/devices/watch.ts'
import type { Device } from '../../src/gpu/devices.ts'
import { openDevicePool } from '../../src/gpu/leases.ts'
import { stoppedClock } from '../support/clock.ts'
import { silent, temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { memoryIn } from '../support/pretended-memory.ts'

const GIB = 1024 ** 3
const CARD: Device = { id: 'GPU-a', name: 'Card', kind: 'cuda', totalBytes: 24 * GIB, freeBytes: 24 * GIB }

/** One card whose memory is told by files, and a pool that leases it. */
async function rig(card: Device = CARD) {
  const folder = temporaryFolder()
  mkdirSync(join(folder.path, card.id))
  const clock = stoppedClock()
  const watch = await openDeviceWatch({
    probe: memoryIn(folder.path, [card]),
    clock,
    log: silent,
    lives: false,
    addsCpu: false,
  })
  const file = (holder: string | number) => join(folder.path, card.id, String(holder))
  return {
    clock,
    watch,
    pool: openDevicePool({ watch, clock }),
    hold: (holder: string | number, bytes: number) => writeFileSync(file(holder), String(bytes)),
    letGo: (holder: string | number) => rmSync(file(holder)),
    /** Lets time pass until the promise is kept; how much it took. */
    async timed(waited: PromiseLike<void>): Promise<number> {
      const from = clock.now()
      let over = false
      void waited.then(() => {
        over = true
      })
      await until(async () => {
        if (!over) clock.pass(250)
        return over
      }, 'the device comes back')
      return clock.now() - from
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

test('a lease ends at once when nothing is missing', async () => {
  using one = await rig()
  const lease = await one.pool.acquire()
  await lease[Symbol.asyncDispose]()
  expect(one.pool.counts().busy).toBe(0)
})

test('a device is leased again when three quarters of what was taken are back', async () => {
  using one = await rig()
  const lease = await one.pool.acquire()
  one.hold('driver', 12 * GIB)
  await one.watch.look()
  one.hold('driver', 3 * GIB + 1)
  const over = lease[Symbol.asyncDispose]()
  const next = one.pool.acquire()
  one.clock.pass(250)
  await Bun.sleep(1)
  expect(one.pool.counts()).toMatchObject({ busy: 1, waiting: 1 })
  one.hold('driver', 3 * GIB)
  await one.timed(over)
  expect((await next).device.freeBytes).toBe(21 * GIB)
  expect(one.watch.degraded('GPU-a')).toBeNull()
})

test('what the work said to hold counts where nobody looked meanwhile', async () => {
  using one = await rig()
  const lease = await one.pool.acquire()
  lease.took(16 * GIB)
  one.hold('driver', 4 * GIB)
  await lease[Symbol.asyncDispose]()
  expect(one.watch.degraded('GPU-a')).toBeNull()
})

test('a device whose memory is not back within five seconds is degraded, and says who holds it', async () => {
  using one = await rig()
  one.hold('desktop', GIB) // was there before, and stays
  await using holder = Bun.spawn(['sleep', '60'])
  const lease = await one.pool.acquire()
  one.hold(holder.pid, 9 * GIB)
  const ms = await one.timed(lease[Symbol.asyncDispose]())
  expect(ms >= 5_000 && ms < 6_000).toBe(true)
  expect(one.watch.degraded('GPU-a')).toMatchObject({
    pid: holder.pid,
    name: 'sleep',
    why: `Its memory did not come back after a picture: sleep (${holder.pid}) holds it.`,
  })
  expect(one.pool.counts()).toEqual({ busy: 0, waiting: 0, slots: 0 })

  const next = one.pool.acquire()
  holder.kill('SIGKILL')
  await holder.exited
  await one.watch.look()
  expect((await next).device.freeBytes).toBe(23 * GIB)
})

test('memory that nobody is known to hold degrades the device, too', async () => {
  using one = await rig()
  const lease = await one.pool.acquire()
  one.hold('lost', 9 * GIB)
  await one.timed(lease[Symbol.asyncDispose]())
  expect(one.watch.degraded('GPU-a')).toMatchObject({ why: expect.stringContaining('no process says') })
})

test('a child that is kept for the next job keeps its memory, and its device works on', async () => {
  using one = await rig()
  const lease = await one.pool.acquire(undefined, { profile: 'sdxl/base' })
  one.hold('child', 9 * GIB)
  lease.keep()
  await lease[Symbol.asyncDispose]()
  expect(one.pool.counts()).toEqual({ busy: 0, waiting: 0, slots: 1 })
  expect(one.pool.warm()).toEqual(['sdxl/base'])
})

test('a lease can leave its device degraded', async () => {
  using one = await rig()
  const lease = await one.pool.acquire()
  lease.degrade('It has failed.', 12)
  await lease[Symbol.asyncDispose]()
  expect(one.watch.degraded('GPU-a')).toMatchObject({ why: 'It has failed.', pid: 12 })
})

test('a device that has failed is well again though somebody else holds a little more than before', async () => {
  using one = await rig()
  const lease = await one.pool.acquire()
  lease.degrade('It has failed.')
  one.hold('desktop', GIB / 8)
  await lease[Symbol.asyncDispose]()
  await one.watch.look()
  expect(one.watch.degraded('GPU-a')).toBeNull()
})

test('a device of which only a setting tells the memory is not waited for', async () => {
  using one = await rig({ ...CARD, configured: true })
  const lease = await one.pool.acquire()
  one.hold('driver', 9 * GIB)
  await lease[Symbol.asyncDispose]()
  expect(one.pool.counts()).toEqual({ busy: 0, waiting: 0, slots: 1 })
})
