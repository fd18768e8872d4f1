import { afterAll, expect, test } from 'bun:test'
import { systemClock } from '../../src/clock.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import { type TestApp, testApp } from '../support/app.ts'
import type { WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'
import { violations } from './history.ts'
import { keptIn } from './kept.ts'
import { type DatabaseCall, hearDatabase } from './points.ts'
import { smallProject } from './small.ts'

/** One in so many calls is failed: all of them take minutes (`CRASH_EACH=1`). */
const EACH = Number(process.env.CRASH_EACH ?? 50)
const PATIENCE_MS = 15_000
const TEST_MS = Math.max(120_000, 6_000_000 / EACH)

const ran: string[] = []
afterAll(() => console.log(ran.join('\n')))

test.each(['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR'])(
  'whichever database call fails with %s, nothing acknowledged is lost, and the work ends or is held with a reason',
  async (code) => {
    const calls = (await scenario(() => {})).calls
    expect(calls).toBeGreaterThan(100)
    let refused = 0
    let retried = 0
    for (let nth = 1 + (code.length % EACH); nth <= calls; nth += EACH) {
      const outcome = await scenario((call) => {
        if (call.nth === nth) throw Object.assign(new Error(`${code}: on purpose`), { code, rawCode: 1 })
      }).catch((cause) => {
        throw new Error(`call ${nth} of ${calls} fails with ${code}: ${cause.message}`, { cause })
      })
      if (outcome.refused) refused++
      if (outcome.retried) retried++
    }
    ran.push(`${code}: each ${EACH}th of ${calls} calls; ${refused} submits refused, ${retried} times a person retried`)
  },
  TEST_MS,
)

/** Submits a project and lets it end, as a person would who tries again what is refused or held; judges what is left. */
async function scenario(before: (call: DatabaseCall) => void) {
  using folder = temporaryFolder()
  const outcome = { calls: 0, refused: false, retried: false }
  const told: WireLine[] = []
  let acknowledged: { project: string; job: string }
  {
    await using app = await openApp(folder.path)
    using _ = hearDatabase({
      before(call) {
        outcome.calls = call.nth
        before(call)
      },
    })
    acknowledged = await submitted(app, outcome)
    await ended(app, acknowledged.project, told, outcome)
  }
  const kept = await keptIn(folder.path)
  const found = violations({
    acknowledged: [acknowledged],
    told: new Map([[acknowledged.project, told]]),
    kept,
    over: true,
  })
  expect(found).toEqual([])
  expect(kept.jobs.filter(({ state }) => state !== 'succeeded')).toEqual([])
  return outcome
}

function openApp(data: string): Promise<TestApp> {
  const demo = demoProvider({ project: smallProject, bytesPerSecond: 100_000_000, clock: systemClock })
  return testApp({
    data,
    providers: [demo],
    clock: { ...systemClock, random: () => 0 },
    settings: { HEARTH_FLUSH_MS: '50' },
  })
}

async function submitted(app: TestApp, outcome: { refused: boolean }) {
  for (;;) {
    const response = await app.post('/api/projects', { brief: 'a small thing', tier: 'low' })
    if (response.status === 201) {
      const { project, job } = (await response.json()) as { project: { id: string }; job: { id: string } }
      return { project: project.id, job: job.id }
    }
    expect(response.status).toBeGreaterThanOrEqual(500)
    outcome.refused = true
  }
}

/** Reads on from what it has, until the project is done; retries what is stuck. */
async function ended(app: TestApp, project: string, told: WireLine[], outcome: { retried: boolean }): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    if (performance.now() > deadline) throw new Error('the work does not end')
    const after = told.at(-1)?.seq ?? 0
    const reading = await app.follow(`/api/projects/${project}/events?after=${after}`)
    await Promise.race([reading.over, Bun.sleep(deadline - performance.now())])
    reading.leave()
    told.push(...reading.durable())
    const response = await app.request(`/api/projects/${project}`)
    if (response.status !== 200) continue
    const { status } = ((await response.json()) as { project: { status: string } }).project
    if (status === 'done') return
    for (const { job } of stuck(told)) {
      outcome.retried = true
      await app.post(`/api/jobs/${job}/retry`)
    }
  }
}

function stuck(told: WireLine[]): WireLine[] {
  const last = new Map(told.filter(({ type }) => /^job\.(?!phase)/.test(type)).map((line) => [line.job, line]))
  return [...last.values()].filter(({ type }) => /^job\.(held|failed)$/.test(type))
}
