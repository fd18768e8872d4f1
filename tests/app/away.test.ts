import { expect, test } from 'bun:test'
import { vendorError } from '../../src/llm/failures.ts'
import type { Provider } from '../../src/llm/provider.ts'
import { testApp } from '../support/app.ts'
import { scriptedModel } from '../support/scripted-model.ts'

test('a project whose provider is away says so on its page, and until when it waits', async () => {
  const provider: Provider = {
    ...scriptedModel({}),
    // biome-ignore lint/correctness/useYield: it fails before it says anything
    async *stream() {
      throw vendorError({ vendor: 'Far', model: 'm', secret: '' }, {})
    },
  }
  await using app = await testApp({ providers: [provider] })
  const made = await Promise.all(Array.from({ length: 6 }, (_, i) => app.make(`project ${i}`)))
  const opened = Promise.withResolvers<string>()
  for (const { project, job } of made)
    void (async () => {
      using reading = await app.follow(`/api/projects/${project.id}/events`)
      await reading.until(
        ({ type, reason }) => type === 'job.queued' && reason === 'circuit_open',
        `the wait of ${job.id}`,
      )
      opened.resolve(project.id)
    })().catch(() => {}) // only one of them need be heard

  const page = await (await app.request(`/projects/${await opened.promise}`)).text()
  // all six may have been asking already when the fifth failed: which of them is heard first is a race
  expect(page).toMatch(/Scripted is not reachable: it has failed [56] times in a row\. Hearth tries again by itself\./)
  const waits = await Promise.all(made.map(async ({ job }) => (await app.json(`/api/jobs/${job.id}`)).wait))
  expect(waits.map((wait) => wait?.reason)).toContain('away')
  expect(page).toMatch(/Next try at \d\d:\d\d:\d\d UTC/)
}, 60_000)
