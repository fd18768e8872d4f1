import { expect, test } from 'bun:test'
import { run as gpu } from '../../src/cli/gpu.ts'
import { readConfig } from '../../src/config.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'

const TIMES = { loadMs: 4_000, encodeMs: null, stepMs: 200, decodeMs: 500, saveMs: null }

async function teach({ app }: TestApp, model: string) {
  const key = { engine: 'torch', model, deviceName: 'Card', size: 's16f1', memory: 'float16-none-none' }
  await app.db.write((tx) => app.learned.learn(tx, { key, ran: true, start: 'cold', peakBytes: 1_000, times: TIMES }))
}

const known = ({ app }: TestApp) => [...new Set(app.learned.rows().times.map(({ model }) => model))].toSorted()

function terminal(data: string) {
  const said: string[] = []
  const say = (text: string) => void said.push(text)
  const config = readConfig({ HEARTH_DATA: data })
  return { said, io: { out: say, err: say, config, stdin: async () => '', isTty: false } }
}

test('what was learned of a model, or of all, is forgotten by the running server', async () => {
  await using app = await testApp({ work: false })
  for (const model of ['a/one', 'b/two', 'c/three']) await teach(app, model)
  const forget = async (query: string) => app.request(`/api/gpu/learned${query}`, { method: 'DELETE' })
  expect(await (await forget('?model=a%2Fone')).json()).toEqual({ forgotten: 4 })
  expect(known(app)).toEqual(['b/two', 'c/three'])
  expect(await (await forget('?model=a%2Fone')).json()).toEqual({ forgotten: 0 })

  const { said, io } = terminal(app.data)
  expect(await gpu(['forget', 'b/two'], io)).toBe(0)
  expect(known(app)).toEqual(['c/three'])
  expect(await gpu(['forget', 'b/two'], io)).toBe(0)
  expect(await gpu(['forget'], io)).toBe(0)
  expect(known(app)).toEqual([])
  expect(said).toEqual(['Forgot 4 figures of b/two.', 'Nothing was known of b/two.', 'Forgot 4 figures.'])
  expect(await gpu(['forget', 'a', 'b'], io)).toBe(2)
  expect(await gpu(['forget', '--all'], io)).toBe(2)
})

test('only the owner has it forgotten', async () => {
  await using app = await testApp({ work: false })
  await teach(app, 'a/one')
  const ada = 'ada@example.com'
  await app.post('/api/accounts', { email: ada, password: 'tea with the neighbours' })
  const { secret } = await (await app.post('/api/tokens', { name: 'x', account: ada, scopes: ['write'] })).json()
  const answer = await app.request('/api/gpu/learned', {
    method: 'DELETE',
    headers: { authorization: `Bearer ${secret}` },
  })
  expect(answer.status).toBe(403)
  expect(known(app)).toEqual(['a/one'])
})

test('without a server, it is forgotten in the database itself', async () => {
  using folder = temporaryFolder()
  {
    await using app = await testApp({ work: false, data: folder.path })
    await teach(app, 'a/one')
  }
  const { said, io } = terminal(folder.path)
  expect(await gpu(['forget', 'a/one'], io)).toBe(0)
  expect(said).toEqual(['Forgot 4 figures of a/one.'])
  await using again = await testApp({ work: false, data: folder.path })
  expect(known(again)).toEqual([])
})
