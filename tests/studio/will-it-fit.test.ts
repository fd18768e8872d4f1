import { expect, test } from 'bun:test'
import { testApp } from '../support/app.ts'
import { card, engine, GIB, model, takes } from '../support/gpu-plans.ts'

const ask = (app: Awaited<ReturnType<typeof testApp>>, project: string, fields: Record<string, string>) =>
  app.request(`/projects/${project}/renders/preflight`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  })

async function pageOf(response: Response) {
  expect(response.headers.get('content-type')).toContain('text/html')
  return { status: response.status, html: await response.text() }
}

test('the form for a picture asks whether it fits, starts nothing, and keeps what was typed', async () => {
  await using app = await testApp({ work: false })
  const { project } = await app.make()
  const form = await (await app.request(`/projects/${project.id}/gallery`)).text()
  expect(form).toContain(`formaction="/projects/${project.id}/renders/preflight#preflight-title"`)
  expect(form).not.toContain('id="preflight-title"')

  const fields = { prompt: 'a <lighthouse>', width: '256', height: '128', steps: '7', seed: '', tier: 'low' }
  const { status, html } = await pageOf(await ask(app, project.id, fields))
  expect(status).toBe(200)
  expect(html).toContain('<h2 id="preflight-title">It fits</h2>')
  expect(html).toContain('a &lt;lighthouse&gt;</textarea>')
  expect(html).toMatch(/name="width"[^>]*value="256"/)
  expect(html).toMatch(/name="steps"[^>]*value="7"/)
  expect(html).toMatch(/<option value="low" selected/)
  const { items } = await app.json(`/api/jobs?kind=render`)
  expect(items.filter(({ kind }: { kind: string }) => kind === 'render')).toEqual([])

  const wrong = await pageOf(await ask(app, project.id, { prompt: 'x', width: 'wide' }))
  expect(wrong.status).toBe(422)
  expect(wrong.html).toContain('width')
  expect((await ask(app, 'none', { prompt: 'x' })).status).toBe(404)
})

test('a model that is too large does not fit, with the figures', async () => {
  await using app = await testApp({ work: false, devices: [card(4, { totalBytes: 4 * GIB })] })
  const { project } = await app.make()
  const huge = takes(40)
  const large = model({ id: 'huge/one', tiers: { low: huge, standard: huge, high: huge, premium: huge } })
  Object.assign(app.app.modelStore, { installed: () => [large], profiles: () => [large.profile] })
  const { engines } = app.app.render
  const all = engines.all()
  Object.assign(engines, { all: () => [...all, engine()] })
  const { status, html } = await pageOf(await ask(app, project.id, { prompt: 'x', model: 'huge/one' }))
  expect(status).toBe(200)
  expect(html).toContain('<h2 id="preflight-title">It does not fit</h2>')
  expect(html).toContain('Card has 4 GB free of 4 GB')
  expect(html).toContain('SDXL at tier low needs 17.7 GB') // all that may be lowered is lowered
  expect(html).toMatch(/<option value="huge\/one" selected/)
})
