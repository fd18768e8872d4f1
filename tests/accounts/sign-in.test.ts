import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { openHasher } from '../../src/accounts/hasher.ts'
import { sessionOf } from '../../src/accounts/sessions.ts'
import { signIn, signOut } from '../../src/accounts/sign-in.ts'
import { addAda, PASSWORD, quickHash, refusal, type TestAccounts, testAccounts } from './house.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const FAILED = { code: 'sign_in_failed', message: 'The e-mail or the password is not right. Check both and try again.' }

const tryAs = ({ deps }: TestAccounts, email: string, password = PASSWORD, address = '10.0.0.7') =>
  signIn(deps, { email, password, address, agent: 'a browser' })

const failTimes = async (house: TestAccounts, times: number, email: string, address?: string) => {
  for (let time = 0; time < times; time++)
    expect(await refusal(tryAs(house, email, 'wrong password', address))).toMatchObject(FAILED)
}

test('an e-mail in any spelling and its password open a session, hashed in the database', async () => {
  await using house = await testAccounts()
  const ada = await addAda(house)
  const { account, session } = await tryAs(house, ' ADA@example.com')
  expect(account).toEqual(ada)
  expect(session).toMatch(/^[\w-]{43}$/)
  expect((await sessionOf(house.deps, session))?.id).toBe(ada.id)
  const kept = JSON.stringify([await house.rows('sessions'), await house.events(), house.lines])
  expect(kept).toContain('account.signed_in')
  for (const secret of [session, PASSWORD]) expect(kept).not.toContain(secret)
})

test('each sign-in gets a new session, and the one that the browser had ends', async () => {
  await using house = await testAccounts()
  await addAda(house)
  const first = await tryAs(house, 'ada@example.com')
  const second = await signIn(house.deps, {
    email: 'ada@example.com',
    password: PASSWORD,
    previous: first.session,
    address: 'x',
    agent: '',
  })
  expect(second.session).not.toBe(first.session)
  expect(await sessionOf(house.deps, first.session)).toBeNull()
  expect(await sessionOf(house.deps, second.session)).not.toBeNull()
})

test('a wrong password, an unknown e-mail and a disabled account get one and the same answer', async () => {
  await using house = await testAccounts()
  const { id } = await addAda(house)
  await failTimes(house, 1, 'ada@example.com')
  await failTimes(house, 1, 'nobody@example.com')
  await house.deps.db.write((tx) => tx.run(sql`update accounts set disabled_at = 1 where id = ${id}`))
  expect(await refusal(tryAs(house, 'ada@example.com'))).toMatchObject(FAILED)
  expect(house.lines.join()).not.toContain('nobody@example.com')
})

test('an unknown e-mail costs a real hash, so that its time says nothing', async () => {
  await using house = await testAccounts()
  const timed = async (hash: string | undefined) => {
    const times: number[] = []
    for (let run = 0; run < 3; run++) {
      const start = performance.now()
      await openHasher().verify('guess', hash)
      times.push(performance.now() - start)
    }
    return Math.min(...times)
  }
  const known = await timed(await Bun.password.hash(PASSWORD))
  const unknown = await timed(undefined)
  expect(unknown).toBeGreaterThan(known / 3)
  expect(unknown).toBeGreaterThan(10)
  await failTimes(house, 1, 'nobody@example.com')
})

test('a megabyte of password is not hashed', async () => {
  const lengths: number[] = []
  await using house = await testAccounts({
    ...quickHash,
    verify: async (password) => lengths.push(String(password).length) < 0,
  })
  expect(await refusal(tryAs(house, 'ada@example.com', 'x'.repeat(1_000_000)))).toMatchObject(FAILED)
  expect(lengths).toEqual([0])
})

test('a hash with older parameters is made anew at the next sign-in', async () => {
  await using house = await testAccounts()
  await addAda(house)
  const old = `$argon2id$v=19$m=19456,t=2,p=1$quick$${btoa(PASSWORD)}`
  await house.deps.db.write((tx) => tx.run(sql`update accounts set password_hash = ${old}`))
  await tryAs(house, 'ada@example.com')
  expect((await house.rows('accounts'))[0]!.password_hash).toBe(await quickHash.hash(PASSWORD))
  await tryAs(house, 'ada@example.com')
})

describe('tries are limited:', () => {
  test('the eleventh for one account waits out the rest of fifteen minutes, right password or not', async () => {
    await using house = await testAccounts()
    await addAda(house)
    for (let time = 0; time < 10; time++) await failTimes(house, 1, 'ada@example.com', `10.0.0.${time}`)
    house.clock.pass(5 * MINUTE_MS)
    expect(await refusal(tryAs(house, 'Ada@example.com', PASSWORD, '10.0.1.1'))).toMatchObject({
      code: 'too_many_tries',
      retryAfterMs: 10 * MINUTE_MS,
      message: 'Too many tries to sign in. Wait 10 minutes, then try again.',
    })
    house.clock.pass(10 * MINUTE_MS)
    expect((await tryAs(house, 'ada@example.com')).account.email).toBe('ada@example.com')
  })

  test('the eleventh from one address waits, whichever accounts it tries, and a good sign-in does not free it', async () => {
    await using house = await testAccounts()
    await addAda(house)
    for (let time = 0; time < 9; time++) await failTimes(house, 1, `p${time}@example.com`)
    await tryAs(house, 'ada@example.com')
    expect(await refusal(tryAs(house, 'ada@example.com'))).toMatchObject({ code: 'too_many_tries' })
    expect((await tryAs(house, 'ada@example.com', PASSWORD, '10.9.9.9')).session).toBeString()
  })

  test('those that were counted by a clock that ran ahead keep nobody waiting', async () => {
    await using house = await testAccounts()
    await addAda(house)
    house.clock.pass(10 * 365 * 24 * 60 * MINUTE_MS)
    for (let time = 0; time < 10; time++) await failTimes(house, 1, 'ada@example.com', `10.0.0.${time}`)
    expect(await refusal(tryAs(house, 'ada@example.com'))).toMatchObject({ code: 'too_many_tries' })
    house.clock.pass(-10 * 365 * 24 * 60 * MINUTE_MS)
    expect((await tryAs(house, 'ada@example.com')).session).toBeString()
  })

  test('a good sign-in forgives the account', async () => {
    await using house = await testAccounts()
    await addAda(house)
    await failTimes(house, 9, 'ada@example.com', '10.0.0.1')
    await tryAs(house, 'ada@example.com', PASSWORD, '10.0.0.2')
    await failTimes(house, 9, 'ada@example.com', '10.0.0.3')
  })

  test('a try is counted before the password is looked at, also when many come at once', async () => {
    let looked = 0
    await using house = await testAccounts({ ...quickHash, verify: async () => ++looked < 0 })
    const all = await Promise.allSettled(Array.from({ length: 40 }, () => tryAs(house, 'ada@example.com')))
    expect(all.filter((one) => one.status === 'rejected' && one.reason.code === 'sign_in_failed')).toHaveLength(10)
    expect(looked).toBe(10)
  })

  test('they are kept in the database, without what was typed, and swept out', async () => {
    await using house = await testAccounts()
    await failTimes(house, 3, 'ada@example.com')
    expect(await house.rows('sign_in_tries')).toHaveLength(6)
    expect(JSON.stringify(await house.rows('sign_in_tries'))).not.toContain('ada@')
    house.clock.pass(15 * MINUTE_MS)
    await failTimes(house, 1, 'bob@example.com')
    expect(await house.rows('sign_in_tries')).toHaveLength(2)
  })
})

describe('a session', () => {
  test('ends 14 days after the last sign of life', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { session } = await tryAs(house, 'ada@example.com')
    house.clock.pass(14 * DAY_MS - 1)
    expect(await sessionOf(house.deps, session)).not.toBeNull()
    house.clock.pass(14 * DAY_MS - 1)
    expect(await sessionOf(house.deps, session)).not.toBeNull()
    house.clock.pass(14 * DAY_MS)
    expect(await sessionOf(house.deps, session)).toBeNull()
  })

  test('ends 90 days after its start, however busy', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { session } = await tryAs(house, 'ada@example.com')
    for (let day = 0; day < 89; day++) {
      house.clock.pass(DAY_MS)
      expect(await sessionOf(house.deps, session)).not.toBeNull()
    }
    house.clock.pass(DAY_MS)
    expect(await sessionOf(house.deps, session)).toBeNull()
  })

  test('is marked as seen at most once an hour', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { session } = await tryAs(house, 'ada@example.com')
    const before = house.deps.db.stats.units
    for (let minute = 0; minute < 59; minute++) {
      house.clock.pass(MINUTE_MS)
      await sessionOf(house.deps, session)
    }
    expect(house.deps.db.stats.units).toBe(before)
    house.clock.pass(MINUTE_MS)
    await Promise.all([sessionOf(house.deps, session), sessionOf(house.deps, session)])
    expect((await house.rows('sessions'))[0]!.last_seen_at).toBe(house.clock.at)
  })

  test('is over after sign-out, and a second sign-out is no error', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { session } = await tryAs(house, 'ada@example.com')
    await signOut(house.deps, session)
    await signOut(house.deps, session)
    expect(await sessionOf(house.deps, session)).toBeNull()
    expect((await house.events()).filter(({ type }) => type === 'account.signed_out')).toHaveLength(1)
  })

  test('of a disabled account is nobody’s', async () => {
    await using house = await testAccounts()
    await addAda(house)
    const { session } = await tryAs(house, 'ada@example.com')
    await house.deps.db.write((tx) => tx.run(sql`update accounts set disabled_at = 1`))
    expect(await sessionOf(house.deps, session)).toBeNull()
  })
})
