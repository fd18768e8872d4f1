import { expect, test } from 'bun:test'
import { testApp } from '../support/app.ts'
import { type ModelCall, modelServer, type Reply } from '../support/model-server.ts'

const KEY = 'sk-ant-test-0123456789'

const PLAN = {
  title: 'Tide table',
  summary: 'A page with the tides of one harbour.',
  tasks: [task('data', 'Tides', 'tides.json'), task('page', 'Page', 'index.html', ['data'])],
}

const PAGE = Array.from({ length: 60 }, (_, i) => `  <p id="line-${i}">High water ${i}</p>`).join('\n')
const HTML = `<!doctype html>\n<html lang="en">\n<body>\n${PAGE}\n</body>\n</html>\n`

test('the main job goes through Claude’s own protocol, with a file that is wrong at first and a connection that is cut in the middle', async () => {
  let written = 0
  await using claude = modelServer((reply, call) => {
    if (call.body.output_config) return say(reply, JSON.stringify(PLAN))
    const end = sentinelOf(call)
    const asked = last(call)
    if (/Write the file tides\.json/.test(asked)) return say(reply, `{"tides": [1, 2,]}\n${end}\n`)
    if (/You wrote tides\.json/.test(asked)) return say(reply, `{"tides": [1, 2]}\n${end}\n`)
    written++
    if (written === 1) {
      reply.text(HTML.slice(0, 900))
      return reply.close()
    }
    return say(reply, `${HTML.slice(HTML.indexOf(lastWholeLine(HTML.slice(0, 900))))}${end}\n`)
  })
  await using app = await testApp({ settings: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: claude.url } })

  const { project } = await app.make('A page with the tides of one harbour')
  expect(await app.settled(project.id)).toBe('done')

  const page = await app.request(`/api/projects/${project.id}/files/index.html`)
  expect(await page.text()).toBe(HTML)
  const tides = await app.request(`/api/projects/${project.id}/files/tides.json`)
  expect(await tides.json()).toEqual({ tides: [1, 2] })

  expect(claude.calls.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true)
  const question = claude.calls.find(({ body }) =>
    body.messages.some(({ content }) => /Write the file index\.html/.test(content)),
  )!
  expect(question.body.messages[0]!.content).toContain('{"tides": [1, 2]}') // what the page depends on
  const log = await (await app.request(`/api/projects/${project.id}/events?follow=false`)).text()
  expect(log).not.toContain(KEY)
})

test('a key that is refused fails the plan in words, at once, and shows the key nowhere', async () => {
  await using claude = modelServer((reply) =>
    reply.status(401, { type: 'error', error: { type: 'authentication_error', message: `invalid bearer ${KEY}` } }),
  )
  await using app = await testApp({ settings: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: claude.url } })

  const { project, job } = await app.make('A page with the tides of one harbour')
  expect(await app.settled(project.id)).toBe('failed')

  const { job: ended, attempts } = await app.json(`/api/jobs/${job.id}`)
  expect(ended).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'model_auth', retryable: false } })
  expect(JSON.stringify([ended, attempts])).not.toContain(KEY)
  expect(claude.calls).toHaveLength(1)
})

function task(id: string, title: string, path: string, dependsOn: string[] = []) {
  return {
    id,
    parent: null,
    title,
    kind: 'write',
    path,
    prompt: `Write ${title}.`,
    width: null,
    height: null,
    dependsOn,
  }
}

function say(reply: Reply, text: string): void {
  for (let at = 0; at < text.length; at += 40) reply.text(text.slice(at, at + 40))
  reply.finish()
}

function last({ body }: ModelCall): string {
  return JSON.stringify(body.messages.at(-1)!.content)
}

function sentinelOf(call: ModelCall): string {
  return /<<<END hearth:[\w-]+>>>/.exec(JSON.stringify(call.body))![0]
}

function lastWholeLine(text: string): string {
  return text.split('\n').at(-2)!
}
