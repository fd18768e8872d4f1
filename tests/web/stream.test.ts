import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Outlet, streamOf } from '../../src/web/stream.ts'
import { silent } from '../support/database.ts'
import { lines } from '../support/second-process.ts'

const NDJSON = 'application/x-ndjson'
const UNWATCHED = { add() {}, delete() {} }
const MIB = 1024 * 1024
const bytes = (text: string) => new TextEncoder().encode(text)

/** A stream that nobody watches over, and what writes to it. */
function stream(watch = UNWATCHED) {
  const gone = Promise.withResolvers<void>()
  let outlet: Outlet | undefined
  const response = streamOf(NDJSON, watch, silent, (opened) => {
    outlet = opened
    return { stop: gone.resolve }
  })
  return { response, outlet: outlet!, gone: gone.promise }
}

test('a line of megabytes reaches its reader whole, and so does what follows it', async () => {
  const { response, outlet } = stream()
  outlet.write(new Uint8Array(3 * MIB))
  outlet.write(bytes('end'))
  outlet.close()
  const read = new Uint8Array(await response.arrayBuffer())
  expect(read.byteLength).toBe(3 * MIB + 3)
  expect(new TextDecoder().decode(read.slice(-3))).toBe('end')
})

test('a reader that stays far behind is cut off instead of filling memory', async () => {
  const { response, outlet } = stream()
  const began = performance.now()
  while (outlet.isOpen && performance.now() - began < 45_000) {
    outlet.write(new Uint8Array(MIB / 4))
    await Bun.sleep(50)
  }
  expect(outlet.isOpen).toBe(false)
  expect(performance.now() - began).toBeGreaterThan(4_000)
  await expect(response.text()).rejects.toBeUndefined()
}, 60_000)

test('a reader that was far behind and caught up is not cut off', async () => {
  const { response, outlet } = stream()
  const reader = response.body!.getReader()
  for (let round = 0; round < 3; round++) {
    for (let chunk = 0; chunk < 100; chunk++) outlet.write(new Uint8Array(MIB / 32))
    await Bun.sleep(2_000) // together longer than anybody may stay behind
    for (let chunk = 0; chunk < 100; chunk++) await reader.read()
  }
  outlet.write(bytes('end'))
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('end')
}, 60_000)

test('a reader with gigabytes to come waits for none of it at once', async () => {
  const { response, outlet } = stream()
  for (let chunk = 0; chunk < 140 && outlet.isOpen; chunk++) outlet.write(new Uint8Array(MIB))
  expect(outlet.isOpen).toBe(false)
  await expect(response.text()).rejects.toBeUndefined()
})

test('replay waits until there is room, and no longer than the reader is there', async () => {
  const { response, outlet } = stream()
  const reader = response.body!.getReader()
  await outlet.room()
  for (let chunk = 0; chunk < 70; chunk++) outlet.write(bytes('x'))
  let hasRoom = false
  const room = outlet.room().then(() => {
    hasRoom = true
  })
  await Bun.sleep(20)
  expect(hasRoom).toBe(false)
  for (let chunk = 0; chunk < 10; chunk++) await reader.read()
  await room
  for (let chunk = 0; chunk < 70; chunk++) outlet.write(bytes('x'))
  const never = outlet.room()
  await reader.cancel()
  await never
})

test('a reader that goes away ends the work for it', async () => {
  const { response, outlet, gone } = stream()
  await response.body!.cancel()
  await gone
  outlet.write(bytes('nobody hears it'))
  expect(outlet.isOpen).toBe(false)
})

test('work that is over before its stream was handed out is stopped too', async () => {
  const gone = Promise.withResolvers<void>()
  const response = streamOf(NDJSON, UNWATCHED, silent, (outlet) => {
    outlet.write(bytes('all'))
    outlet.close()
    return { stop: gone.resolve }
  })
  await gone.promise
  expect(await response.text()).toBe('all')
})

test('a stream ends when whoever watches over it says so, and is watched no longer', async () => {
  const watched = new Set<{ close(): void }>()
  const { response, outlet } = stream(watched as never)
  outlet.write(bytes('one'))
  for (const each of watched) each.close()
  expect(await response.text()).toBe('one')
  expect(watched.size).toBe(0)
})

test.each(['stream', 'download'])(
  'a %s that fails is cut, and tells the log in one line, not the terminal in many',
  async (path) => {
    const program = join(import.meta.dir, '../support/failing-streams.ts')
    const child = Bun.spawn([process.execPath, program], { stdout: 'pipe', stderr: 'pipe' })
    const port = (await lines(child.stdout).next()).value
    const asked = fetch(`http://127.0.0.1:${port}/${path}`).then((response) => response.arrayBuffer())
    await expect(asked).rejects.toThrow()
    child.kill()
    const [entry, ...more] = (await new Response(child.stderr).text()).trim().split('\n')
    expect(JSON.parse(entry!)).toMatchObject({ level: 'error', error: { message: 'the disk is gone' } })
    expect(more).toEqual([])
  },
)
