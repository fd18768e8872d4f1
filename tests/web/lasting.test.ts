import { expect, test } from 'bun:test'
import { unreachable } from '../../src/db/remote.ts'
import type { Actor } from '../../src/web/guard.ts'
import { openLasting } from '../../src/web/lasting.ts'

const ADA = { id: 'a', email: 'ada@example.org', role: 'owner', via: 'session', scopes: [] } as Actor
const SOON_MS = 5

test('a stream ends when the one who reads it may no longer read, and nobody else’s does', async () => {
  const gone = new Set<string>()
  const asked: string[] = []
  using lasting = openLasting(async ({ headers }) => {
    const cookie = headers.get('cookie')!
    asked.push(cookie)
    return gone.has(cookie) ? null : ADA
  }, SOON_MS)
  const cut: string[] = []
  for (const [name, cookie] of [
    ['ada 1', 'ada'],
    ['ada 2', 'ada'],
    ['bob', 'bob'],
  ] as const)
    lasting.watch(new Request('http://localhost/x', { headers: { cookie } })).add({ close: () => void cut.push(name) })

  await Bun.sleep(SOON_MS * 4)
  expect(cut).toEqual([])
  expect(asked.filter((who) => who === 'ada').length).toBeLessThanOrEqual(
    asked.filter((who) => who === 'bob').length + 1,
  ) // once for both of ada’s

  gone.add('ada')
  await Bun.sleep(SOON_MS * 4)
  expect(new Set(cut)).toEqual(new Set(['ada 1', 'ada 2']))
})

test('who may no longer at all, by an error, is cut too; who has left is not asked for again', async () => {
  let asked = 0
  using lasting = openLasting(async () => {
    asked++
    throw new Error('forbidden')
  }, SOON_MS)
  const cuts: string[] = []
  lasting.watch(new Request('http://localhost/x')).add({ close: () => void cuts.push('cut') })
  const watch = lasting.watch(new Request('http://localhost/x', { headers: { cookie: 'b' } }))
  const left = { close: () => void cuts.push('left') }
  watch.add(left)
  watch.delete(left)
  await Bun.sleep(SOON_MS * 4)
  expect(new Set(cuts)).toEqual(new Set(['cut']))
  expect(asked).toBeGreaterThan(0)
})

test('who can’t be asked for, since the database is away, reads on until it is known', async () => {
  let asked = 0
  using lasting = openLasting(async () => {
    if (++asked < 4) throw new Error('Failed query', { cause: unreachable(new Error('cut')) })
    return null
  }, SOON_MS)
  const askedWhenCut = Promise.withResolvers<number>()
  lasting.watch(new Request('http://localhost/x')).add({ close: () => askedWhenCut.resolve(asked) })
  expect(await askedWhenCut.promise).toBe(4)
})

test('who comes back after all of theirs had left is watched over again', async () => {
  using lasting = openLasting(async () => null, SOON_MS)
  const watch = lasting.watch(new Request('http://localhost/x'))
  const cut = Promise.withResolvers<void>()
  const gone = { close() {} }
  watch.add(gone)
  watch.delete(gone)
  watch.add({ close: cut.resolve })
  await cut.promise
})
