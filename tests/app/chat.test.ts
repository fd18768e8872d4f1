import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readServer } from '../../src/accounts/local.ts'
import type { Change } from '../../src/changes/tables.ts'
import { type Client, openClient, type WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'
import { modelServer, type Reply } from '../support/model-server.ts'
import { planOf } from '../support/scripted-model.ts'
import { startServer } from '../support/server.ts'

const PAGE = '<!doctype html>\n<title>Crumb</title>\n<p>Open from 7.</p>\n'
const EDIT = { path: 'index.html', blocks: [{ search: 'from 7.', replace: 'from 8.' }] }
const DYING = ['bun', join(import.meta.dir, '../support/dying-talker.ts')]
const NOTES = ['Ask the baker', 'Ask the miller', 'Ask the cook'].map((title): [string, object] => [
  'create_task',
  { kind: 'note', title },
])
const SAID = 'It opens at 8 now.\nAnything el'

test('the server is killed in the middle of an answer: no tool runs twice, what was said is there, and the answer goes on', async () => {
  let rounds = 0
  const hangs = Promise.withResolvers<void>()
  const again = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  await using claude = talker(async (reply) => {
    rounds++
    if (rounds === 1) return callTools(reply, 'I change the page.', [['edit_file', EDIT]])
    if (rounds === 2) {
      reply.text(SAID)
      return hangs.resolve()
    }
    again.resolve()
    await looked.promise
    return say(reply, 'It opens at 8 now.\nAnything else?')
  })
  using folder = temporaryFolder()
  const env = envOf(claude)
  const project = await (async () => {
    await using server = await startServer({ data: folder.path, env })
    const client = clientOf(folder.path, server.url)
    const made = await (await client.post('/api/projects', { brief: 'a page for a bakery' })).json()
    await ended(client, made.project.id)
    await client.post(`/api/projects/${made.project.id}/messages`, { text: 'We open at 8.' })
    await hangs.promise
    await flushed(client, made.project.id)
    await server.kill()
    return made.project.id as string
  })()

  await using server = await startServer({ data: folder.path, env })
  const client = clientOf(folder.path, server.url)
  await again.promise
  expect(await exchange(client, project)).toMatchObject({ state: 'answering', typing: 'It opens at 8 now.\n' }) // whole lines: the half one is said anew
  const page = await (await client.request(`/projects/${project}`)).text()
  expect(page).toMatch(/class="typed"[^>]*><div class="words" dir="auto"><p>It opens at 8 now\./)
  looked.resolve()
  await ended(client, project)
  const done = await exchange(client, project)
  expect(done.rounds.map(({ text }: { text: string }) => text)).toEqual([
    'I change the page.',
    'It opens at 8 now.\nAnything else?',
  ])
  const { items } = await client.json(`/api/projects/${project}/changes`)
  expect(
    items.filter(({ operations }: Change) => operations.some(({ entityId }) => entityId === 'index.html')),
  ).toHaveLength(2) // written, and edited once
  expect(rounds).toBe(3)
  const asked = JSON.stringify(claude.calls.at(-1)!.body.messages)
  expect(asked).toContain('tool_result')
  expect(asked).toContain('Changed index.html: it is version 2 now')
  expect(asked).toContain('1| It opens at 8 now.') // where to go on from
})

test('the server is killed between two calls of one round: what the first did stands, and only the others run after it', async () => {
  let rounds = 0
  await using claude = talker((reply) => {
    rounds++
    return rounds === 1 ? callTools(reply, 'I note them.', NOTES) : say(reply, 'Noted.')
  })
  using folder = temporaryFolder()
  const project = await (async () => {
    await using server = await startServer({ data: folder.path, env: envOf(claude), command: DYING })
    const client = clientOf(folder.path, server.url)
    const made = await (await client.post('/api/projects', { brief: 'a page for a bakery' })).json()
    await ended(client, made.project.id)
    await client.post(`/api/projects/${made.project.id}/messages`, { text: 'Whom do we ask?' })
    await server.exited
    return made.project.id as string
  })()

  await using server = await startServer({ data: folder.path, env: envOf(claude) })
  const client = clientOf(folder.path, server.url)
  await ended(client, project)
  const done = await exchange(client, project)
  expect(done).toMatchObject({ state: 'answered', standing: 3, job: { attempt: 2 } })
  expect(done.rounds[0].calls.map(({ state }: { state: string }) => state)).toEqual(['done', 'done', 'done'])
  const { tasks } = await client.json(`/api/projects/${project}`)
  const notes = tasks.filter(({ kind }: { kind: string }) => kind === 'note')
  expect(notes.map(({ title }: { title: string }) => title)).toEqual(
    NOTES.map(([, input]) => (input as { title: string }).title),
  )
  const events = (await (await client.request(`/api/projects/${project}/events?follow=false`)).text())
    .trim()
    .split('\n')
  const told = events.map((line) => JSON.parse(line)).filter(({ type }) => type === 'tool.called')
  expect(told.map(({ attempt }) => attempt)).toEqual([1, 2, 2])
  expect(rounds).toBe(2)
  expect(JSON.stringify(claude.calls.at(-1)!.body.messages).match(/Added the task/g)).toHaveLength(3)
})

/** A model that plans and writes one page, and then talks. */
function talker(talk: (reply: Reply) => void | Promise<void>) {
  return modelServer((reply, call) => {
    if (call.body.output_config) return say(reply, planOf([{ id: 'home', title: 'Front page', path: 'index.html' }]))
    const sentinel = /<<<END hearth:[\w-]+>>>/.exec(JSON.stringify(call.body))?.[0]
    return sentinel ? say(reply, `${PAGE}${sentinel}\n`) : talk(reply)
  })
}

function envOf({ url }: { url: string }): Record<string, string> {
  return { ANTHROPIC_API_KEY: 'sk-ant-test-0123456789', ANTHROPIC_BASE_URL: url, HEARTH_FLUSH_MS: '50' }
}

function say(reply: Reply, text: string): void {
  reply.text(text)
  reply.finish()
}

function callTools(reply: Reply, text: string, calls: [name: string, input: object][]): void {
  reply.text(text)
  reply.event('content_block_stop', { index: 0 })
  for (const [i, [name, input]] of calls.entries()) {
    const index = i + 1
    const content_block = { type: 'tool_use', id: `toolu_${index}`, name, input: {} }
    reply.event('content_block_start', { index, content_block })
    const json = JSON.stringify(input)
    for (const part of [json.slice(0, 9), json.slice(9)])
      reply.event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: part } })
    reply.event('content_block_stop', { index })
  }
  reply.finish('tool_use')
}

function clientOf(data: string, url: string): Client {
  return openClient(url, readServer(data)!.secret)
}

async function exchange(client: Client, project: string) {
  return (await client.json(`/api/projects/${project}/messages`)).items.at(-1)
}

/** Two beats after all was received: what is received is kept each 50 ms, and a beat comes each second. */
async function flushed(client: Client, project: string): Promise<void> {
  using reading = await client.follow(`/api/projects/${project}/events`)
  const whole = (line: WireLine) => line.type === 'heartbeat' && line.jobs[0]?.bytes === SAID.length
  await reading.until(whole, 'all text')
  await reading.until((line) => whole(line) && reading.lines.filter(whole).length > 1, 'a second beat')
}

async function ended(client: Client, project: string): Promise<void> {
  using reading = await client.follow(`/api/projects/${project}/events`)
  await reading.until(({ type }) => type === 'end', 'its end')
}
