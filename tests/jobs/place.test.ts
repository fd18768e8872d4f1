import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { orderOf, placeJob } from '../../src/jobs/order.ts'
import { type Engine, testEngine } from '../support/jobs.ts'

const order = async (engine: Engine) => (await orderOf(engine.db.read, 'draw', engine.clock.now())).map(({ id }) => id)

/** Jobs of people and projects, in the order in which they came. */
async function queueOf(engine: Engine, wanted: { owner: string; scope: string; priority?: number }[]) {
  engine.handle('draw', async () => undefined)
  const ids: string[] = []
  for (const more of wanted) {
    ids.push((await engine.enqueue('draw', more)).id)
    engine.clock.pass(1)
  }
  return ids
}

test('the order that is told is the order in which jobs are claimed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          owner: fc.constantFrom('person:a', 'person:b'),
          scope: fc.constantFrom('p1', 'p2', 'p3'),
          priority: fc.constantFrom(0, 0, 5),
        }),
        { minLength: 1, maxLength: 9 },
      ),
      async (wanted) => {
        await using engine = await testEngine()
        await queueOf(engine, wanted)
        const told = await order(engine)
        const claimed: string[] = []
        while (claimed.length < wanted.length) claimed.push((await engine.claimed('draw')).id)
        expect(claimed).toEqual(told)
      },
    ),
    { numRuns: 12 },
  )
})

test('a job that is put elsewhere stands there, and all others keep their order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ owner: fc.constantFrom('person:a', 'person:b'), scope: fc.constantFrom('p1', 'p2') }), {
        minLength: 2,
        maxLength: 8,
      }),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 }),
      async (wanted, moves) => {
        await using engine = await testEngine()
        await queueOf(engine, wanted)
        for (const [from, to] of moves) {
          const before = await order(engine)
          const id = before[from % before.length]!
          const rest = before.filter((one) => one !== id)
          const target = rest[to % before.length] ?? null
          await placeJob(engine.deps, id, target, 'person:a')
          const expected = rest.toSpliced(target === null ? rest.length : rest.indexOf(target), 0, id)
          const kept = Math.max(before.indexOf(id), expected.indexOf(id)) + 1
          expect((await order(engine)).slice(0, kept)).toEqual(expected.slice(0, kept))
        }
      },
    ),
    { numRuns: 12 },
  )
})

test('what was put first is claimed first, whoever’s turn it is, and it is told', async () => {
  await using engine = await testEngine()
  const ids = await queueOf(engine, [
    { owner: 'person:a', scope: 'p1' },
    { owner: 'person:b', scope: 'p2' },
    { owner: 'person:a', scope: 'p1' },
  ])
  await placeJob(engine.deps, ids[2]!, ids[0]!, 'person:b')
  expect((await engine.claimed('draw')).id).toBe(ids[2]!)
  expect(await engine.types(ids[2]!)).toContain('job.prioritised')
})

test('only what waits can be placed, before what waits beside it', async () => {
  await using engine = await testEngine()
  const [first, second] = await queueOf(engine, [
    { owner: 'person:a', scope: 'p1' },
    { owner: 'person:a', scope: 'p1' },
  ])
  await expect(placeJob(engine.deps, first!, 'nobody', 'person:a')).rejects.toMatchObject({ code: 'bad_place' })
  await expect(placeJob(engine.deps, 'nobody', null, 'person:a')).rejects.toMatchObject({ code: 'unknown_job' })
  await engine.claimed('draw')
  await expect(placeJob(engine.deps, first!, second!, 'person:a')).rejects.toMatchObject({ code: 'not_waiting' })
})
