import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { planRender } from '../../src/gpu/planner.ts'
import { recordAttempt, settleAttempt } from '../../src/gpu/render-attempts.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { card, facts } from '../support/gpu-plans.ts'
import { until } from '../support/jobs.ts'
import { ONE_FILE, scriptedModel } from '../support/scripted-model.ts'

test('the page of a job shows its tries and why it waits, and its buttons work without script', async () => {
  const model = scriptedModel({ plan: [ONE_FILE], files: { 'note.md': [{ stall: 'One.\nTwo.\nx' }, 'Hello.\n'] } })
  await using app = await testApp({ providers: [model] })
  const { project, job: plan } = await app.make()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  const { job } = await reading.until(({ type, kind }) => type === 'delta' && kind === 'write')
  expect(await pageOf(app, project.id)).toContain(`href="/jobs/${job}"`)

  const running = await jobPage(app, job!)
  expect(running).toContain('note.md')
  expect(running).toContain('At work')
  expect(orders(running)).toEqual(['pause', 'cancellation'])
  await press(app, job!, 'pause', '1')
  const paused = await jobPage(app, job!)
  expect(paused).toContain('It is paused, until somebody lets it go on.')
  expect(paused).toContain('Two.')
  expect(orders(paused)).toEqual(['resumption', 'cancellation'])
  await press(app, job!, 'cancellation', '1')
  expect(orders(await jobPage(app, job!))).toEqual(['retry', 'retry'])
  await until(() => model.busy === 0)

  const other = await app.request(`/jobs/${job}/retry`, form({ attempt: '7', page: 'job' }))
  expect(other.status).toBe(409)
  await press(app, job!, 'retry', '1', { fromScratch: 'true' })
  expect(await app.settled(project.id)).toBe('done')
  const done = await jobPage(app, job!)
  expect(done).toContain('Done in')
  expect(done).toContain('scripted')
  expect(done).not.toContain('Two.\nHello.')
  expect(await jobPage(app, plan.id)).toContain('The plan')
})

test('the page of a render says what was decided for each try, and why; so does the API', async () => {
  await using app = await testApp({ work: false })
  const { job } = await app.make()
  const plan = planRender(facts({ tier: 'premium', device: card(14) }))
  await app.app.db.write(async (tx) => {
    await tx.run(sql`INSERT INTO attempts (job_id, attempt, boot_id, started_at) VALUES (${job.id}, 1, 'b', 5)`)
    const asked = { request: { prompt: 'a' }, tier: 'premium' as const }
    await recordAttempt(tx, {
      job: job.id,
      attempt: 1,
      asked,
      plan,
      device: card(14),
      queuedMs: 2_000,
      waitedMs: 40,
      at: 5,
    })
    const times = { load: 9_000, denoise: 30_000 }
    await settleAttempt(tx, {
      job: job.id,
      attempt: 1,
      outcome: 'gpu_out_of_memory',
      at: 9,
      outOf: 'device',
      phase: 'decode',
      nextRung: 3,
      times,
    })
  })
  const shown = (await jobPage(app, job.id)).replace(/\s+/g, ' ')
  expect(shown).toContain('sdxl/base on torch, tier premium, 1024 × 1024, 50 steps')
  expect(shown).toContain('SDXL at tier premium, as asked for: needs 12 GB (measured) of 14 GB free on Card')
  expect(shown).toContain('Tiling: off → on, since Card has no room for more')
  expect(shown).toContain('of the device’s memory, while decoding')
  expect(shown).toContain('queued 2 s, waited for a device 0.1 s, loading 9 s, drawing 30 s')
  const { renders } = await app.json(`/api/jobs/${job.id}`)
  expect(renders).toMatchObject([{ attempt: 1, plan, rung: 2, outcome: 'gpu_out_of_memory', nextRung: 3 }])
})

test('a waiting job is let go first from its page', async () => {
  await using app = await testApp({ work: false })
  const { job } = await app.make()
  expect(orders(await jobPage(app, job.id))).toEqual(['priority', 'pause', 'cancellation'])
  await press(app, job.id, 'priority', '0')
  expect((await app.json(`/api/jobs/${job.id}`)).job.priority).toBe(10)
  expect(orders(await jobPage(app, job.id))).toEqual(['pause', 'cancellation'])
})

test('the page of a job is live: each part comes again as it changes, until the reader leaves', async () => {
  await using app = await testApp({ work: false })
  const { job } = await app.make()
  using reading = await app.follow(`/jobs/${job.id}/stream`)
  expect(reading.headers.get('content-type')).toBe('text/event-stream')
  await until(() => reading.raw().includes('hx-target="#job-head"'))
  const before = reading.raw().length
  await app.post(`/api/jobs/${job.id}/pause`)
  await until(() => reading.raw().slice(before).includes('It is paused'))
  expect(reading.raw().slice(before)).not.toContain('#job-attempts')
  const hearing = app.app.hub.size
  reading.leave()
  await until(() => app.app.hub.size === hearing - 1)
})

async function jobPage(app: TestApp, id: string): Promise<string> {
  const response = await app.request(`/jobs/${id}`)
  expect(response.status).toBe(200)
  return response.text()
}

async function pageOf(app: TestApp, project: string): Promise<string> {
  return (await app.request(`/projects/${project}`)).text()
}

/** What the page's forms create, in their order. */
function orders(html: string): string[] {
  return [...html.matchAll(/action="\/jobs\/[\w-]+\/(\w+)"/g)].map((found) => found[1]!)
}

async function press(app: TestApp, id: string, noun: string, attempt: string, more = {}): Promise<void> {
  const { status, headers } = await app.request(`/jobs/${id}/${noun}`, form({ attempt, page: 'job', ...more }))
  expect([status, headers.get('location')]).toEqual([303, `/jobs/${id}`])
}

function form(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) }
}
