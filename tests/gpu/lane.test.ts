import { expect, test } from 'bun:test'
import type { Probe } from '../../src/gpu/devices/probe.ts'
import { openDeviceWatch } from '../../src/gpu/devices/watch.ts'
import type { Device } from '../../src/gpu/devices.ts'
import { openDevicePool } from '../../src/gpu/leases.ts'
import { enqueue } from '../../src/jobs/enqueue.ts'
import type { Handler } from '../../src/jobs/handler.ts'
import { testApp } from '../support/app.ts'
import { stoppedClock } from '../support/clock.ts'
import { silent } from '../support/database.ts'
import { until } from '../support/jobs.ts'

const card = (id: string): Device => ({ id, name: `Card ${id}`, kind: 'cuda', totalBytes: 8e9, freeBytes: 8e9 })

test('as many renders run at once as there are devices, also when one is plugged in or left alone meanwhile', async () => {
  let cards = [card('a')]
  const probe: Probe = async () => ({ pretended: { devices: cards } })
  const running: (() => void)[] = []
  const paint: Handler<unknown> = {
    kind: 'paint',
    lane: 'render',
    run: async () => {
      await new Promise<void>((resolve) => running.push(resolve))
      return { result: {} }
    },
  }
  await using app = await testApp({ devices: probe, handlers: [paint as Handler] })
  const { db, watch } = app.app
  await db.write(async (tx) => {
    for (let i = 0; i < 5; i++) await enqueue(app.app, tx, { kind: 'paint', input: { i } })
  })
  await until(async () => running.length === 1, 'the first runs')
  cards = [card('a'), card('b')]
  await watch.look()
  await until(async () => running.length === 2, 'the second runs')
  watch.degrade('b', { why: 'It has failed.', backAt: 9e9 })
  running[0]!()
  running[1]!()
  await until(async () => running.length === 3, 'the third runs')
  await Bun.sleep(20)
  expect(running.length).toBe(3)
  watch.mend('b')
  await until(async () => running.length === 4, 'the fourth runs')
  for (const end of running) end()
  await until(async () => running.length === 5, 'the last runs')
  running[4]!()
})

test('who gives up while the devices are looked at is not kept by a tool that hangs', async () => {
  const clock = stoppedClock()
  let hangs = false
  const probe: Probe = () => (hangs ? new Promise(() => {}) : Promise.resolve({ pretended: { devices: [card('a')] } }))
  const watch = await openDeviceWatch({ probe, clock, log: silent, lives: false, addsCpu: false })
  const pool = openDevicePool({ watch, clock })
  clock.pass(60_000)
  hangs = true
  const stop = new AbortController()
  const given = pool.acquire(stop.signal)
  await Bun.sleep(1)
  expect(pool.counts().busy).toBe(1)
  stop.abort(new Error('cancelled'))
  await expect(given).rejects.toThrow('cancelled')
})
