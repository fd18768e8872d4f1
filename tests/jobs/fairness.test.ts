import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { claim } from '../../src/jobs/claim.ts'
import { enqueue } from '../../src/jobs/enqueue.ts'
import { cancelJob } from '../../src/jobs/jobs.ts'
import type { Job } from '../../src/jobs/tables.ts'
import { type Engine, testEngine } from '../support/jobs.ts'

const started = async (app: Engine, many: number) =>
  (await claim(app.deps, app.deps, 'write', many)).map(({ scope }) => scope)

const put = (app: Engine, owner: string, scope: string, many: number, priority = 0) =>
  app.db.write(async (tx) => {
    for (let i = 0; i < many; i++) await enqueue(app.deps, tx, { kind: 'write', input: i, scope, owner, priority })
  })

test('a small project does not wait for a big one', async () => {
  await using app = await engine()
  await put(app, 'ada', 'big', 50)
  await put(app, 'ada', 'small', 2)
  expect(await started(app, 6)).toEqual(['big', 'small', 'big', 'small', 'big', 'big'])
})

test('a person with one project does not wait for one with many', async () => {
  await using app = await engine()
  for (let i = 0; i < 5; i++) await put(app, 'ada', `ada-${i}`, 3)
  await put(app, 'bob', 'bob', 3)
  expect(await started(app, 8)).toEqual(['ada-0', 'bob', 'ada-1', 'bob', 'ada-2', 'bob', 'ada-3', 'ada-4'])
})

test('a project that waits goes before those that come after it, however many they are', async () => {
  await using app = await engine()
  await put(app, 'ada', 'old', 9)
  const order: unknown[] = []
  for (let i = 0; i < 4; i++) {
    await put(app, 'ada', `new-${i}`, 1)
    order.push(...(await started(app, 2)))
  }
  expect(order.filter((scope) => scope === 'old')).toHaveLength(4)
})

test('turns are kept over a restart, and a lane does not count in another', async () => {
  await using app = await engine()
  await put(app, 'ada', 'one', 4)
  await put(app, 'ada', 'two', 4)
  expect(await started(app, 1)).toEqual(['one'])
  app.deps.boot = 'boot-2'
  expect(await started(app, 3)).toEqual(['two', 'one', 'two'])
  app.handle('render', async () => undefined)
  for (const scope of ['one', 'two']) await app.enqueue('render', { scope, owner: 'ada' })
  expect((await app.claimed('render')).scope).toBe('one')
})

test('with more projects than are looked at together, the order is the same', async () => {
  await using app = await engine()
  for (let i = 0; i < 220; i++) await put(app, i % 2 ? 'ada' : 'bob', `project-${i}`, 2)
  await put(app, 'cyd', 'late', 2, 1)
  expect(await started(app, 6)).toEqual(['late', 'late', 'project-0', 'project-1', 'project-2', 'project-3'])
}, 60_000)

test('work of no project has a turn of its own', async () => {
  await using app = await engine()
  await put(app, 'system', 'p', 3)
  await app.enqueue('write')
  expect(await started(app, 4)).toEqual(['p', null, 'p', 'p'])
})

const PEOPLE = ['ada', 'bob', 'cyd']
const act = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      owner: fc.constantFrom(...PEOPLE),
      project: fc.integer({ min: 0, max: 3 }),
      many: fc.integer({ min: 1, max: 6 }),
      priority: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), many: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const), nth: fc.nat(30) }) },
)

test('whatever comes, is started, cancelled or comes back: the order is that of the model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
      await using app = await engine()
      const model = fairModel()
      const running: Job[] = []
      for (const what of acts) {
        app.clock.pass(1)
        if (what.do === 'put')
          for (let i = 0; i < what.many; i++) {
            const scope = `${what.owner}-${what.project}`
            const { id } = await app.enqueue('write', { scope, owner: what.owner, priority: what.priority })
            model.put({ id, owner: what.owner, scope, priority: what.priority })
          }
        if (what.do === 'claim') {
          const jobs = await claim(app.deps, app.deps, 'write', what.many)
          expect(jobs.map(({ id }) => id)).toEqual(model.claim(what.many))
          running.push(...jobs)
        }
        if (what.do === 'cancel' && model.waiting.length > 0) {
          const { id } = model.waiting[what.nth % model.waiting.length]!
          await cancelJob(app.deps, id, 'person:ada')
          model.drop(id)
        }
        if (what.do === 'back' && running.length > 0) {
          const [job] = running.splice(what.nth % running.length, 1)
          await app.release(job!)
          model.put({ id: job!.id, owner: job!.owner, scope: job!.scope!, priority: job!.priority })
        }
      }
      expect(model.longestWait()).toEqual([])
    }),
    { numRuns: 25 },
  )
}, 60_000)

interface Waiting {
  id: string
  owner: string
  scope: string
  priority: number
}

/**
 * Fairness said simply: of the highest priority, the person served longest ago, their project served longest ago, its
 * first job. Also counts, for each project, the claims of others while it had a job of that priority to start.
 */
function fairModel() {
  const waiting: Waiting[] = []
  let people: string[] = []
  let projects: string[] = []
  const passed = new Map<string, number>()
  const tooLong: string[] = []

  function next(): Waiting | undefined {
    const top = Math.max(...waiting.map(({ priority }) => priority))
    const due = waiting.filter(({ priority }) => priority === top)
    for (const person of people)
      for (const project of projects) {
        const job = due.find(({ owner, scope }) => owner === person && scope === project)
        if (job) return job
      }
    return undefined
  }

  /** No project waits longer than one round of the people for each of its person's projects. */
  function count(job: Waiting): void {
    for (const scope of new Set(waiting.map(({ scope }) => scope))) {
      const mine = waiting.filter((each) => each.scope === scope)
      if (scope === job.scope || !mine.some(({ priority }) => priority === job.priority)) passed.set(scope, 0)
      else passed.set(scope, (passed.get(scope) ?? 0) + 1)
      const siblings = [...passed.keys()].filter((each) => each.startsWith(mine[0]!.owner)).length
      if (passed.get(scope)! > people.length * siblings) tooLong.push(scope)
    }
  }

  return {
    waiting,
    put(job: Waiting) {
      waiting.push(job)
      if (!people.includes(job.owner)) people.push(job.owner)
      if (!projects.includes(job.scope)) projects.push(job.scope)
    },
    drop(id: string) {
      waiting.splice(
        waiting.findIndex((job) => job.id === id),
        1,
      )
    },
    claim(many: number): string[] {
      const ids: string[] = []
      while (ids.length < many) {
        const job = next()
        if (!job) break
        count(job)
        this.drop(job.id)
        ids.push(job.id)
        people = [...people.filter((each) => each !== job.owner), job.owner]
        projects = projects.filter((each) => each !== job.scope)
        if (waiting.some(({ scope }) => scope === job.scope)) projects.push(job.scope)
      }
      if (ids.length === 0) projects = projects.filter((each) => waiting.some(({ scope }) => scope === each))
      return ids
    },
    longestWait: () => tooLong,
  }
}

async function engine(): Promise<Engine> {
  const app = await testEngine()
  app.handle('write', async () => undefined)
  return app
}
