import { expect, test } from 'bun:test'
import { addAccount } from '../../src/accounts/accounts.ts'
import { createSetupLink, setUp } from '../../src/accounts/setup.ts'
import { addAda, PASSWORD, refusal, testAccounts } from './house.ts'

const MINUTE_MS = 60_000
const ada = { email: ' Ada@Example.com ', password: PASSWORD }

test('the set-up link makes the first account, the owner’s, and says so without secrets', async () => {
  await using house = await testAccounts()
  const { token, path, expiresAt } = await createSetupLink(house.deps)
  expect(path).toBe(`/setup?token=${token}`)
  expect(expiresAt).toBe(house.clock.at + 30 * MINUTE_MS)
  const account = await setUp(house.deps, { token, ...ada })
  expect(account).toMatchObject({ email: 'ada@example.com', role: 'owner' })
  const told = JSON.stringify([await house.events(), house.lines])
  expect(told).toContain('account.created')
  for (const secret of [token, PASSWORD, 'argon2']) expect(told).not.toContain(secret)
})

test('the database never holds the link itself', async () => {
  await using house = await testAccounts()
  const { token } = await createSetupLink(house.deps)
  expect(JSON.stringify(await house.rows('setup_links'))).not.toContain(token)
})

test('a used link says that it was used', async () => {
  await using house = await testAccounts()
  const { token } = await createSetupLink(house.deps)
  await setUp(house.deps, { token, ...ada })
  expect(await refusal(setUp(house.deps, { token, ...ada }))).toMatchObject({ code: 'setup_link_used' })
  expect(await house.rows('accounts')).toHaveLength(1)
})

test('a link works for thirty minutes and says so when they are over', async () => {
  await using house = await testAccounts()
  const { token } = await createSetupLink(house.deps)
  house.clock.pass(30 * MINUTE_MS)
  expect(await refusal(setUp(house.deps, { token, ...ada }))).toMatchObject({ code: 'setup_link_expired' })
  expect(await house.rows('accounts')).toEqual([])
})

test('a new link replaces the old one', async () => {
  await using house = await testAccounts()
  const old = await createSetupLink(house.deps)
  const { token } = await createSetupLink(house.deps)
  expect(await refusal(setUp(house.deps, { token: old.token, ...ada }))).toMatchObject({ code: 'setup_link_unknown' })
  expect((await setUp(house.deps, { token, ...ada })).role).toBe('owner')
})

test.each(['', 'guess', 'x'.repeat(100_000)])('a made-up link opens nothing', async (token) => {
  await using house = await testAccounts()
  await createSetupLink(house.deps)
  expect(await refusal(setUp(house.deps, { token, ...ada }))).toMatchObject({ code: 'setup_link_unknown' })
})

test('of two who submit at once, one wins and the other hears why', async () => {
  await using house = await testAccounts()
  const { token } = await createSetupLink(house.deps)
  const both = await Promise.allSettled([
    setUp(house.deps, { token, ...ada }),
    setUp(house.deps, { token, email: 'eve@example.com', password: PASSWORD }),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const [lost] = both.filter((one) => one.status === 'rejected')
  expect(lost!.reason).toMatchObject({ code: 'setup_link_used' })
  expect(await house.rows('accounts')).toHaveLength(1)
})

test('a refused password does not use the link up', async () => {
  await using house = await testAccounts()
  const { token } = await createSetupLink(house.deps)
  expect(await refusal(setUp(house.deps, { token, email: ada.email, password: 'short' }))).toMatchObject({
    code: 'password_too_short',
  })
  expect((await setUp(house.deps, { token, ...ada })).email).toBe('ada@example.com')
})

test('once there is an account there is no link, and one made before is worth nothing', async () => {
  await using house = await testAccounts()
  const { token } = await createSetupLink(house.deps)
  await addAda(house)
  expect(await refusal(createSetupLink(house.deps))).toMatchObject({ code: 'already_set_up' })
  expect(await refusal(setUp(house.deps, { token, ...ada }))).toMatchObject({ code: 'already_set_up' })
})

test('the first account added is the owner’s, later ones are members’, and an address is taken in any spelling', async () => {
  await using house = await testAccounts()
  expect(await refusal(addAccount(house.deps, { ...ada, role: 'member' }))).toMatchObject({ code: 'first_is_owner' })
  expect((await addAccount(house.deps, ada)).role).toBe('owner')
  expect((await addAccount(house.deps, { ...ada, email: 'bob@example.com' })).role).toBe('member')
  expect((await addAccount(house.deps, { ...ada, email: 'vi@example.com', role: 'viewer' })).role).toBe('viewer')
  expect(await refusal(addAccount(house.deps, { ...ada, email: 'ADA@example.COM' }))).toMatchObject({
    code: 'email_taken',
  })
  expect(await refusal(addAccount(house.deps, { ...ada, email: 'c@d', role: 'king' }))).toMatchObject({
    code: 'unknown_role',
  })
})
