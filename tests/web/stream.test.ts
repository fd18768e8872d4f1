import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { streamOf } from '../../src/web/stream.ts'
import { silent } from '../support/database.ts'
import { lines } from '../support/second-process.ts'

const NDJSON = 'application/x-ndjson'
const unwatched = () => () => {}
const MIB = 1024 * 1024

test('a line of megabytes reaches its reader whole, and so does what follows it', async () => {
  const response = streamOf(NDJSON, unwatched, silent, async (write) => {
    write(new Uint8Array(3 * MIB))
    write(new TextEncoder().encode('end'))
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  expect(bytes.byteLength).toBe(3 * MIB + 3)
  expect(new TextDecoder().decode(bytes.slice(-3))).toBe('end')
})

test('a reader that stays far behind is cut off instead of filling memory', async () => {
  let cut: AbortSignal | undefined
  const response = streamOf(NDJSON, unwatched, silent, async (write, _room, _close, signal) => {
    cut = signal
    while (!signal.aborted) {
      write(new Uint8Array(MIB / 4))
      await Bun.sleep(50)
    }
  })
  const began = performance.now()
  while (!cut?.aborted && performance.now() - began < 9_000) await Bun.sleep(50)
  expect(cut?.aborted).toBe(true)
  expect(performance.now() - began).toBeGreaterThan(4_000)
  expect(cut?.reason.message).toContain('too slow')
  await expect(response.text()).rejects.toBeUndefined()
}, 12_000)

test('a reader that goes away ends the work for it', async () => {
  const gone = Promise.withResolvers<void>()
  const response = streamOf(NDJSON, unwatched, silent, async (_write, _room, _close, signal) => {
    signal.addEventListener('abort', () => gone.resolve())
    await gone.promise
  })
  await response.body!.cancel()
  await gone.promise
})

test('a stream ends when whoever watches over it says so, and is watched no longer', async () => {
  let cut = () => {}
  let watched = true
  const response = streamOf(
    NDJSON,
    (end) => {
      cut = end
      return () => {
        watched = false
      }
    },
    silent,
    (write, _room, _close, signal) => {
      write(new TextEncoder().encode('one'))
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  )
  cut()
  expect(await response.text()).toBe('one')
  expect(watched).toBe(false)
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
