import { describe, expect, test } from 'bun:test'
import { emailOf } from '../../src/accounts/emails.ts'
import { openHasher, PRESENT_PARAMETERS } from '../../src/accounts/hasher.ts'
import { checkPassword } from '../../src/accounts/passwords.ts'
import { quickHash, refusal } from './house.ts'

describe('a password is refused when it', () => {
  const refused: [string, string, string][] = [
    ['is short', 'seven77', 'password_too_short'],
    ['is longer than 1,024 bytes', 'ü'.repeat(513), 'password_too_long'],
    ['is among the most common', 'password1', 'password_common'],
    ['is among the most common in capitals', 'PassWord123', 'password_common'],
    ['is the e-mail', 'Ada@Example.com', 'password_is_email'],
  ]
  test.each(refused)('%s', (_, password, code) => {
    expect(() => checkPassword(password, 'ada@example.com')).toThrow(
      expect.objectContaining({ code, context: { field: 'password' } }),
    )
  })

  test.each(['four words and more', 'aa bb cc dd', '🦊🦊🦊🦊🦊🦊🦊🦊', 'x'.repeat(1024), 'nodigitsnocapitals'])(
    'and “%s” is fine',
    (password) => {
      expect(() => checkPassword(password, 'ada@example.com')).not.toThrow()
    },
  )

  test('no message repeats the password', () => {
    for (const [, password] of refused) {
      try {
        checkPassword(password, 'ada@example.com')
      } catch (error) {
        expect(String(error)).not.toContain(password)
      }
    }
  })
})

describe('an e-mail address', () => {
  test.each([
    ['  Ada@Example.COM\n', 'ada@example.com'],
    ['me@nas', 'me@nas'],
    ['jürgen@müller.example', 'jürgen@müller.example'],
    ['a+b.c@x-y.example', 'a+b.c@x-y.example'],
  ])('%j is kept as %s', (typed, kept) => expect(emailOf(typed)).toBe(kept))

  test.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'a b@x',
    'a@b c',
    '<a@b>',
    'a@b..c',
    'a\u0000@b.c',
    'a@b@c',
    `${'a'.repeat(65)}@b`,
    `a@${'b'.repeat(260)}`,
    'a@.b',
    'a\u202e@b.c',
  ])('%j is refused', (typed) => expect(() => emailOf(typed)).toThrow(expect.objectContaining({ code: 'bad_email' })))
})

describe('the hasher', () => {
  test('makes argon2id with the parameters that it calls the present ones, and knows its own hash again', async () => {
    const hasher = openHasher()
    const hash = await hasher.hash('Crème brûlée')
    expect(hash).toStartWith(PRESENT_PARAMETERS)
    expect(await hasher.verify('Crème brûlée'.normalize('NFD'), hash)).toBe(true)
    expect(await hasher.verify('Creme brulee', hash)).toBe(false)
  })

  test('works for nobody’s password as hard as for somebody’s, and never says yes', async () => {
    const seen: string[] = []
    const hasher = openHasher({ ...quickHash, verify: async (_, hash) => seen.push(String(hash)) > 0 })
    expect(await hasher.verify('anything', undefined)).toBe(false)
    expect(seen[0]).toStartWith(PRESENT_PARAMETERS)
    expect(seen[0]).toHaveLength((await Bun.password.hash('x')).length)
  })

  test('checks three at once, lets thirty wait, and sends the next one away with a time to come back', async () => {
    const gates: (() => void)[] = []
    let most = 0
    let busy = 0
    const hasher = openHasher({
      ...quickHash,
      verify: async () => {
        most = Math.max(most, ++busy)
        await new Promise<void>((go) => gates.push(go))
        busy--
        return true
      },
    })
    const held = Array.from({ length: 33 }, () => hasher.verify('x', 'y'))
    expect(await refusal(hasher.verify('x', 'y'))).toMatchObject({
      code: 'sign_in_busy',
      retryable: true,
      retryAfterMs: 3_000,
    })
    while (gates.length > 0) {
      gates.shift()!()
      await Bun.sleep(0)
    }
    expect(await Promise.all(held)).toHaveLength(33)
    expect(most).toBe(3)
    const after = hasher.verify('x', 'y')
    await Bun.sleep(0)
    gates.shift()!()
    expect(await after).toBe(true)
  })

  test('goes on after a check that threw', async () => {
    const hasher = openHasher({ ...quickHash, verify: async () => Promise.reject(new Error('no memory')) })
    for (let time = 0; time < 5; time++) await expect(hasher.verify('x', 'y')).rejects.toThrow('no memory')
  })
})
