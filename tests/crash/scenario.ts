import { expect } from 'bun:test'
import { systemClock } from '../../src/clock.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import { type TestApp, testApp } from '../support/app.ts'
import type { WireLine } from '../support/client.ts'
import { type History, violations } from './history.ts'
import { keptIn } from './kept.ts'
import { smallProject } from './small.ts'

const PATIENCE_MS = 25_000

export interface Scenario {
  data: string
  settings?: Record<string, string>
  /** The database file, where it is not the one in the data directory. */
  database?: string
  /** Called when the server is there, before anything is asked of it. What it returns goes with the server, before the database is judged. */
  begin?: (app: TestApp) => Disposable | undefined | Promise<undefined>
}

export interface Outcome {
  /** True when a submit got no 201; who sent it sent it again. */
  refused: boolean
  /** True when something was held or failed, and a person tried it again. */
  retried: boolean
}

/** Submits a project and lets it end, as a person would who tries again what is refused or held; judges what is left. */
export async function scenario({ data, settings, database, begin }: Scenario): Promise<Outcome> {
  const outcome = { refused: false, retried: false }
  const told: History['told'] = new Map()
  let acknowledged: History['acknowledged'][number]
  {
    using after = new DisposableStack()
    await using app = await openApp(data, settings)
    after.use(await begin?.(app))
    acknowledged = await submitted(app, outcome)
    for (const project of await projectsOf(app)) await ended(app, project, told, outcome)
  }
  const kept = await keptIn(data, database)
  expect(violations({ acknowledged: [acknowledged], told, kept, over: true })).toEqual([])
  expect(kept.jobs.filter(({ state }) => state !== 'succeeded')).toEqual([])
  return outcome
}

function openApp(data: string, settings: Record<string, string> = {}): Promise<TestApp> {
  const demo = demoProvider({ project: smallProject, bytesPerSecond: 100_000_000, clock: systemClock })
  return testApp({
    data,
    providers: [demo],
    clock: { ...systemClock, random: () => 0 },
    settings: { HEARTH_FLUSH_MS: '50', ...settings },
  })
}

async function submitted(app: TestApp, outcome: Outcome) {
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

/** All projects: one whose submit was refused as unclear may be there as well. */
async function projectsOf(app: TestApp): Promise<string[]> {
  for (;;) {
    const response = await app.request('/api/projects')
    if (response.status === 200)
      return ((await response.json()) as { items: { id: string }[] }).items.map(({ id }) => id)
    expect(response.status).toBeGreaterThanOrEqual(500)
  }
}

/** Reads on from what it has, until the project is done; retries what is stuck. */
async function ended(app: TestApp, project: string, told: History['told'], outcome: Outcome): Promise<void> {
  const lines: WireLine[] = []
  told.set(project, lines)
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    if (performance.now() > deadline) throw new Error('the work does not end')
    const after = lines.at(-1)?.seq ?? 0
    const reading = await app.follow(`/api/projects/${project}/events?after=${after}`)
    await Promise.race([reading.over, Bun.sleep(deadline - performance.now())])
    reading.leave()
    lines.push(...reading.durable())
    const response = await app.request(`/api/projects/${project}`)
    if (response.status !== 200) continue
    const { status } = ((await response.json()) as { project: { status: string } }).project
    if (status === 'done') return
    for (const { job } of stuck(lines)) {
      outcome.retried = true
      await app.post(`/api/jobs/${job}/retry`)
    }
  }
}

function stuck(told: WireLine[]): WireLine[] {
  const last = new Map(told.filter(({ type }) => /^job\.(?!phase)/.test(type)).map((line) => [line.job, line]))
  return [...last.values()].filter(({ type }) => /^job\.(held|failed)$/.test(type))
}
