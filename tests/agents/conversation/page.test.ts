import { expect, test } from 'bun:test'
import { insertAccount } from '../../../src/accounts/accounts.ts'
import { openHasher } from '../../../src/accounts/hasher.ts'
import { createToken } from '../../../src/accounts/tokens.ts'
import { changedRegions } from '../../../src/projects/regions.ts'
import { type House, house } from './house.ts'

const EVIL =
  '<img src=x onerror=alert(1)> **<b>bold</b>** `</code><script>` \n\n```\n</pre><script>alert(2)</script>\n```'

test('without script a message is sent by a form, and the page shows the answer as text, whatever it holds', async () => {
  await using it = await house([
    {
      says: EVIL,
      calls: [
        ['edit_file', { path: 'index.html', blocks: [{ search: 'from 7.', replace: '</pre><script>x</script>' }] }],
      ],
    },
    'Done.',
  ])
  const form = new URLSearchParams({ text: 'Hello <i>you</i>' })
  const sent = await it.request(`/projects/${it.project}/messages`, { method: 'POST', body: form })
  expect([sent.status, sent.headers.get('location')]).toEqual([303, `/projects/${it.project}#talk`])
  await it.until('answered')
  const page = await (await it.request(`/projects/${it.project}`)).text()
  expect(page).toContain('Hello &lt;i&gt;you&lt;/i&gt;')
  expect(page).toContain('<strong>&lt;b&gt;bold&lt;/b&gt;</strong>')
  expect(page).toContain('Edits index.html (1 place)')
  expect(page).toContain('Undo all of this answer')
  expect(page.match(/<script(?! (defer|type="module") src=)/g)).toBeNull()
  expect(page).not.toContain('<img src=x')
})

test('what is long is cut in the conversation, and whole where its link leads: in the API, and on the page by “Show all”', async () => {
  const written = `${'A line of <b>bread</b>.\n'.repeat(400)}The last crumb.\n`
  await using it = await house([
    {
      calls: [
        ['write_file', { path: 'story.txt', content: written }],
        ['read_file', { path: 'story.txt' }],
        ['edit_file', { path: 'story.txt', blocks: [{ search: 'The last crumb.', replace: written }] }],
        ['list_files', {}],
      ],
    },
    'Long.',
  ])
  await it.say('Tell it.')
  const { calls } = (await it.until('answered')).rounds[0]!
  expect(calls.map(({ whole }) => whole === null)).toEqual([false, false, false, true])
  expect(calls.map((call) => JSON.stringify(call).length < 16_000)).toEqual([true, true, true, true])
  const whole = await Promise.all(calls.slice(0, 3).map((call) => it.json(call.whole!)))
  expect(JSON.parse(whole[0].input).content).toBe(written)
  expect(whole[1].result).toEndWith('401| The last crumb.')
  expect(whole[2].diff.filter(({ text }: { text: string }) => text === 'The last crumb.')).toHaveLength(2)

  const page = await (await it.request(`/projects/${it.project}`)).text()
  expect(page.match(/>Show all</g)).toHaveLength(3)
  const link = `/tool-calls/${calls[1]!.id}`
  const text = await it.request(link)
  expect([text.headers.get('content-type'), (await text.text()).includes('401| The last crumb.')]).toEqual([
    'text/plain; charset=utf-8',
    true,
  ])
  const part = await (await it.request(link, { headers: { 'hx-request-type': 'partial' } })).text()
  expect(part).toContain('A line of &lt;b&gt;bread&lt;/b&gt;.')
  expect(part).toContain('401| The last crumb.')
  expect((await it.request('/tool-calls/nothing')).status).toBe(404)
})

test('with script the answer to the form is nothing: what is new comes by the stream', async () => {
  await using it = await house(['Hi.'])
  const sent = await it.request(`/projects/${it.project}/messages`, {
    method: 'POST',
    body: new URLSearchParams({ text: 'Hello' }),
    headers: { 'hx-request-type': 'partial' },
  })
  expect([sent.status, await sent.text()]).toEqual([204, ''])
  const empty = await it.request(`/projects/${it.project}/messages`, {
    method: 'POST',
    body: new URLSearchParams({ text: ' ' }),
    headers: { 'hx-request-type': 'partial' },
  })
  expect([empty.status, empty.headers.get('hx-retarget')]).toEqual([422, '#notice'])
})

test('what is typed goes to the page alone, and is part of its message when that goes whole', async () => {
  await using it = await house([{ stall: 'One word and' }])
  await it.say('Talk.')
  while ((await it.exchanges())[0]!.typing === null) await Bun.sleep(20)
  using reading = await it.follow(`/projects/${it.project}/stream`)
  while (!reading.raw().includes('One word and')) await Bun.sleep(20)
  const [first] = reading.raw().split('\n\n')
  expect(first!.split('One word and')).toHaveLength(2) // in the whole conversation, and not once more by itself
})

test('a region that is held by one that goes does not go by itself', () => {
  const at = (id: string, sign: string, within?: string) => ({ id, sign, html: sign, ...(within ? { within } : {}) })
  const before = [at('log', '1'), at('message', '1', 'log'), at('typing', '1', 'message'), at('other', '1')]
  const now = [at('log', '1'), at('message', '1', 'log'), at('typing', '2', 'message'), at('other', '1')]
  const ids = (regions: { id: string }[]) => regions.map(({ id }) => id)
  expect(ids(changedRegions(before, now))).toEqual(['typing'])
  const whole = [at('log', '2'), at('message', '1', 'log'), at('typing', '2', 'message'), at('other', '2')]
  expect(ids(changedRegions(before, whole))).toEqual(['log', 'other'])
})

test('who may only look sees the conversation, but can neither say nor decide anything', async () => {
  await using it = await house(['Hi.'])
  await it.say('Hello.')
  await it.until('answered')
  const viewer = await viewerOf(it)
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${it.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${viewer}`, 'content-type': 'application/json' },
    })
  expect((await ask(`/api/projects/${it.project}/messages`)).status).toBe(200)
  const message = (await it.exchanges())[0]!.id
  for (const path of [
    `/api/projects/${it.project}/messages`,
    '/api/tool-calls/x/approval',
    `/api/messages/${message}/reversal`,
  ]) {
    const refused = await ask(path, { method: 'POST', body: '{"text": "Hello"}' })
    expect([path, refused.status]).toEqual([path, 403])
  }
})

async function viewerOf({ app }: House): Promise<string> {
  const deps = { ...app, hasher: openHasher() }
  for (const role of ['owner', 'viewer'] as const)
    await app.db.write((tx) =>
      insertAccount(deps, tx, { email: `${role}@example.com`, passwordHash: '$argon2id$x', role }),
    )
  return (await createToken(app, { name: 'looks', account: 'viewer@example.com' })).secret
}
