import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { addAccount } from '../../src/accounts/accounts.ts'
import { createToken, tokenOf } from '../../src/accounts/tokens.ts'
import { addAda, cookieOf, doors, form, LOCAL_SECRET, PASSWORD, refusal, testAccounts } from './house.ts'

const ADA = 'ada@example.com'

const bearing = (secret: string, more: RequestInit = {}): RequestInit => ({
  ...more,
  headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
})
const posting = (secret: string, body: unknown) => bearing(secret, { method: 'POST', body: JSON.stringify(body) })

test('a token is shown once; the database has its hash, the event neither', async () => {
  await using house = await testAccounts()
  const { id } = await addAda(house)
  const { token, secret } = await createToken(house.deps, { name: ' backup\nscript ', account: 'ADA@example.com' })
  expect(secret).toMatch(/^hth_[\w-]{43}$/)
  expect(token).toMatchObject({
    account: id,
    name: 'backup script',
    prefix: secret.slice(0, 10),
    scopes: ['read', 'write'],
  })
  expect(token).not.toHaveProperty('hash')
  expect((await tokenOf(house.deps, secret))?.account.id).toBe(id)
  const kept = JSON.stringify([await house.rows('tokens'), await house.events(), house.lines])
  expect(kept).toContain('token.created')
  expect(kept).not.toContain(secret)
})

describe('a token is nobody’s', () => {
  test('when it is made up, cut short, another’s kind or empty', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { secret } = await createToken(house.deps, { name: 'x', account: ADA })
    for (const bad of ['', 'hth_', secret.slice(0, -1), `${secret}x`, secret.slice(4), secret.toUpperCase()])
      expect(await tokenOf(house.deps, bad)).toBeNull()
  })

  test('after its time', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { secret } = await createToken(house.deps, { name: 'x', account: ADA, expiresAt: house.clock.at + 10 })
    house.clock.pass(9)
    expect(await tokenOf(house.deps, secret)).not.toBeNull()
    house.clock.pass(1)
    expect(await tokenOf(house.deps, secret)).toBeNull()
  })

  test('when its account is disabled', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { secret } = await createToken(house.deps, { name: 'x', account: ADA })
    await house.deps.db.write((tx) => tx.run(sql`update accounts set disabled_at = 1`))
    expect(await tokenOf(house.deps, secret)).toBeNull()
  })
})

test.each([
  ['no name', { name: ' \n ' }, 'bad_token_name'],
  ['a name as long as a novel', { name: 'x'.repeat(81) }, 'bad_token_name'],
  ['an unknown scope', { scopes: ['read', 'root'] }, 'unknown_scope'],
  ['no scope at all', { scopes: [] }, 'unknown_scope'],
  ['an end in the past', { expiresAt: 1 }, 'bad_expiry'],
  ['an end that is no time', { expiresAt: Number.NaN }, 'bad_expiry'],
  ['an unknown account', { account: 'eve@example.com' }, 'unknown_account'],
])('a token with %s is refused in words', async (_, asked, code) => {
  await using house = await testAccounts()
  await addAda(house)
  expect(await refusal(createToken(house.deps, { name: 'x', account: ADA, ...asked }))).toMatchObject({ code })
  expect(await house.rows('tokens')).toEqual([])
})

test('nobody gets a token that may do more than the account', async () => {
  await using house = await testAccounts()
  await addAda(house)
  await addAccount(house.deps, { email: 'bob@x', password: PASSWORD })
  await addAccount(house.deps, { email: 'vi@x', password: PASSWORD, role: 'viewer' })
  for (const [account, scope] of [
    ['bob@x', 'admin'],
    ['vi@x', 'write'],
  ] as const)
    expect(await refusal(createToken(house.deps, { name: 'x', account, scopes: [scope] }))).toMatchObject({
      code: 'scope_too_wide',
    })
  expect((await createToken(house.deps, { name: 'x', account: 'vi@x' })).token.scopes).toEqual(['read'])
})

test('read reads, write also writes, and a token loses what its account loses', async () => {
  await using house = await testAccounts()
  const visit = await doors(house)
  await addAda(house)
  const read = (await createToken(house.deps, { name: 'r', account: ADA, scopes: ['read'] })).secret
  const write = (await createToken(house.deps, { name: 'w', account: ADA, scopes: ['write'] })).secret
  const attempt = async (secret: string, method: string) =>
    (await visit(method === 'GET' ? '/api/me' : '/projects', bearing(secret, { method }))).status
  expect([await attempt(read, 'GET'), await attempt(read, 'POST')]).toEqual([200, 403])
  expect([await attempt(write, 'GET'), await attempt(write, 'POST')]).toEqual([200, 200])
  await house.deps.db.write((tx) => tx.run(sql`update accounts set role = 'viewer'`))
  expect([await attempt(write, 'GET'), await attempt(write, 'POST')]).toEqual([200, 403])
})

test('a bad bearer is nobody, even with a good cookie beside it', async () => {
  await using house = await testAccounts()
  const visit = await doors(house)
  await addAda(house)
  const cookie = cookieOf(await visit('/sign-in', form({ email: ADA, password: PASSWORD })))
  expect((await visit('/api/me', { headers: { cookie } })).status).toBe(200)
  expect((await visit('/api/me', { headers: { cookie, authorization: 'Bearer hth_x' } })).status).toBe(401)
  expect((await visit('/api/me', { headers: { cookie, authorization: 'Bearer ' } })).status).toBe(401)
})

test('GET /api/me says who is asking and nothing secret', async () => {
  await using house = await testAccounts()
  const visit = await doors(house)
  const ada = await addAda(house)
  const { secret } = await createToken(house.deps, { name: 'r', account: ADA, scopes: ['read'] })
  const answer = await visit('/api/me', bearing(secret))
  expect(await answer.json()).toEqual({
    account: { id: ada.id, email: ADA, role: 'owner' },
    via: 'token',
    scopes: ['read'],
  })
})

describe('POST /api/tokens', () => {
  test('makes one for oneself, lists it without its secret, and DELETE ends it at once', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const cookie = cookieOf(await visit('/sign-in', form({ email: ADA, password: PASSWORD })))
    const headers = { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
    const made = await visit('/api/tokens', { method: 'POST', headers, body: '{"name":"ci","scopes":["read"]}' })
    const { token, secret } = (await made.json()) as { token: { id: string }; secret: string }
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store'])
    const list = await (await visit('/api/tokens', { headers })).text()
    expect(JSON.parse(list)).toEqual({ items: [token] })
    expect(list).not.toContain(secret)
    expect((await visit('/api/me', bearing(secret))).status).toBe(200)
    expect((await visit(`/api/tokens/${token.id}`, { method: 'DELETE', headers })).status).toBe(204)
    expect((await visit('/api/me', bearing(secret))).status).toBe(401)
    expect((await visit(`/api/tokens/${token.id}`, { method: 'DELETE', headers })).status).toBe(404)
    expect(await (await visit('/api/tokens', { headers })).json()).toEqual({ items: [] })
  })

  test('by a token takes the scope admin, and never widens', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const write = (await createToken(house.deps, { name: 'w', account: ADA })).secret
    const admin = (await createToken(house.deps, { name: 'a', account: ADA, scopes: ['admin'] })).secret
    expect((await visit('/api/tokens', posting(write, { name: 'x' }))).status).toBe(403)
    expect((await visit('/api/tokens', posting(admin, { name: 'x' }))).status).toBe(201)
    expect((await visit('/api/tokens', posting(admin, { name: 'x', account: 'bob@x' }))).status).toBe(403)
  })

  test('another’s token is unknown to a member, and ended by the owner', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    await addAccount(house.deps, { email: 'bob@x', password: PASSWORD })
    const { token, secret } = await createToken(house.deps, { name: 'a', account: ADA, scopes: ['admin'] })
    const bob = await createToken(house.deps, { name: 'b', account: 'bob@x' })
    expect((await visit(`/api/tokens/${token.id}`, bearing(bob.secret, { method: 'DELETE' }))).status).toBe(404)
    expect((await visit(`/api/tokens/${bob.token.id}`, bearing(secret, { method: 'DELETE' }))).status).toBe(204)
  })

  test.each([{}, { name: 7 }, { name: 'x', scopes: 'read' }, { name: 'x', expiresAt: 'soon' }])(
    'with %j is a 422 that names the field',
    async (body) => {
      await using house = await testAccounts()
      const visit = await doors(house)
      await addAda(house)
      const answer = await visit('/api/tokens', posting(`local_${LOCAL_SECRET}`, body))
      expect(answer.status).toBe(422)
      expect(await answer.json()).toMatchObject({ code: 'invalid_input', context: { in: 'body' } })
    },
  )
})

describe('POST /api/accounts', () => {
  const carl = { email: 'carl@example.com', password: PASSWORD, role: 'viewer' }

  test('is the owner’s', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    await addAccount(house.deps, { email: 'bob@x', password: PASSWORD })
    const bob = (await createToken(house.deps, { name: 'b', account: 'bob@x' })).secret
    const write = (await createToken(house.deps, { name: 'w', account: ADA })).secret
    const admin = (await createToken(house.deps, { name: 'a', account: ADA, scopes: ['admin'] })).secret
    expect((await visit('/api/accounts', posting('hth_x', carl))).status).toBe(401)
    expect((await visit('/api/accounts', posting(bob, carl))).status).toBe(403)
    expect((await visit('/api/accounts', posting(write, carl))).status).toBe(403)
    const made = await visit('/api/accounts', posting(admin, carl))
    expect(made.status).toBe(201)
    const text = await made.text()
    expect(JSON.parse(text)).toMatchObject({ account: { email: 'carl@example.com', role: 'viewer' } })
    for (const secret of [PASSWORD, 'argon2', 'hash']) expect(text).not.toContain(secret)
    expect((await visit('/api/accounts', posting(admin, carl))).status).toBe(409)
  })

  test('never repeats the password in an error', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    for (const body of [
      { email: 7, password: 'hunter2-secret' },
      { email: 'x', password: 'hunter2-secret' },
      { ...carl, password: 'hunter2' },
    ]) {
      const answer = await visit('/api/accounts', posting(`local_${LOCAL_SECRET}`, body))
      expect(answer.status).toBe(422)
      expect(await answer.text()).not.toContain('hunter2')
    }
  })
})

describe('the local secret', () => {
  test('is the first owner, and before there is one the machine itself', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    const me = async () => (await visit('/api/me', bearing(`local_${LOCAL_SECRET}`))).json()
    expect(await me()).toMatchObject({ account: { id: 'local', role: 'owner' }, via: 'local' })
    expect((await visit('/api/tokens', posting(`local_${LOCAL_SECRET}`, { name: 'x' }))).status).toBe(422)
    const ada = await addAda(house)
    expect(await me()).toMatchObject({ account: { id: ada.id, email: ADA }, via: 'local' })
  })

  test('makes a token for anybody here', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const bob = await addAccount(house.deps, { email: 'bob@x', password: PASSWORD })
    const made = await visit('/api/tokens', posting(`local_${LOCAL_SECRET}`, { name: 'x', account: 'bob@x' }))
    expect([made.status, ((await made.json()) as { token: { account: string } }).token.account]).toEqual([201, bob.id])
  })

  test.each(['local_', 'local_guess', `local_${LOCAL_SECRET}x`, LOCAL_SECRET])('%s is not it', async (guess) => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    expect((await visit('/api/me', bearing(guess))).status).toBe(401)
  })
})

test('the tokens page shows a new token once and takes one away', async () => {
  await using house = await testAccounts()
  const visit = await doors(house)
  await addAda(house)
  const cookie = cookieOf(await visit('/sign-in', form({ email: ADA, password: PASSWORD })))
  const made = await (await visit('/account/tokens', form({ name: 'my <laptop>' }, { cookie }))).text()
  const secret = /hth_[\w-]{43}/.exec(made)![0]
  expect(made).toContain('my &lt;laptop&gt;')
  const later = await (await visit('/account/tokens', { headers: { cookie } })).text()
  expect(later).toContain('my &lt;laptop&gt;')
  expect(later).not.toContain(secret)
  const nameless = await visit('/account/tokens', form({ name: '' }, { cookie }))
  expect([nameless.status, await nameless.text()]).toEqual([422, expect.stringContaining('Give the token a name')])
  const id = /\/account\/tokens\/([\w-]+)\/removal/.exec(later)![1]
  expect((await visit(`/account/tokens/${id}/removal`, form({}, { cookie }))).status).toBe(303)
  expect((await visit('/api/me', bearing(secret))).status).toBe(401)
})
