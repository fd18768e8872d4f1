import { describe, expect, test } from 'bun:test'
import { addAccount } from '../../src/accounts/accounts.ts'
import { createSetupLink } from '../../src/accounts/setup.ts'
import { addAda, cookieOf, doors, form, PASSWORD, testAccounts } from './house.ts'

const SIGN_IN = { email: 'ada@example.com', password: PASSWORD }

describe('before there is an account', () => {
  test('a stranger at the start page is led to a page that says where the link is, never to the link', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    const { token } = await createSetupLink(house.deps)
    const start = await visit('/')
    expect([start.status, start.headers.get('location')]).toEqual([303, '/sign-in'])
    for (const answer of [await visit('/sign-in'), await visit('/sign-in', form(SIGN_IN))]) {
      const html = await answer.text()
      expect(answer.status).toBe(200)
      expect(html).toContain('This Hearth has no owner yet')
      expect(html).toContain('set-up link')
      for (const leak of [token, '/setup', '<form', PASSWORD]) expect(html).not.toContain(leak)
    }
  })

  test('the link shows a form that carries it, and a POST of the form lets the owner in', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    const { token, path } = await createSetupLink(house.deps)
    const shown = await visit(path)
    const html = await shown.text()
    expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(html).toContain(`name="token" value="${token}"`)
    const made = await visit('/setup', form({ token, ...SIGN_IN }))
    expect([made.status, made.headers.get('location')]).toEqual([303, '/'])
    const home = await visit('/', { headers: { cookie: cookieOf(made) } })
    expect(await home.text()).toBe('the private home')
  })

  test('what is wrong comes back in the form with 422, with the e-mail and without the password', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    const { token } = await createSetupLink(house.deps)
    const answer = await visit('/setup', form({ token, email: 'ada@example.com', password: 'short77' }))
    const html = await answer.text()
    expect([answer.status, answer.headers.has('set-cookie')]).toEqual([422, false])
    expect(html).toContain('at least 8 characters')
    expect(html).toContain('value="ada@example.com"')
    expect(html).toContain(`value="${token}"`)
    expect(html).not.toContain('short77')
  })

  test.each(['/setup', '/setup?token=guess', '/setup?token=a&token=b'])(
    '%s shows a sentence and no form',
    async (path) => {
      await using house = await testAccounts()
      const visit = await doors(house)
      await createSetupLink(house.deps)
      const answer = await visit(path)
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain('This is not the present set-up link')
    },
  )

  test('a used link says so and shows the way to sign in', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    const { token, path } = await createSetupLink(house.deps)
    await visit('/setup', form({ token, ...SIGN_IN }))
    for (const answer of [await visit(path), await visit('/setup', form({ token, ...SIGN_IN }))]) {
      const html = await answer.text()
      expect(answer.status).toBe(403)
      expect(html).toContain('has been used')
      expect(html).toContain('href="/sign-in"')
      expect(html).not.toContain('<form')
    }
  })
})

describe('signing in', () => {
  test('sets one cookie, HttpOnly, Lax, for all paths, and goes on', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const answer = await visit('/sign-in', form({ ...SIGN_IN, next: '/projects/p1?tab=files#top' }))
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/projects/p1?tab=files#top'])
    const cookie = answer.headers.get('set-cookie')!
    expect(cookie).toMatch(/^hearth_session=[\w-]{43}; /)
    for (const flag of ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=7776000']) expect(cookie).toContain(flag)
    for (const flag of ['Secure', 'Domain', 'ada']) expect(cookie).not.toContain(flag)
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('behind HTTPS the cookie is Secure and bound to the host; the plain name is not taken', async () => {
    await using house = await testAccounts()
    const visit = await doors(house, 'https://hearth.example.com')
    await addAda(house)
    const answer = await visit('/sign-in', form(SIGN_IN))
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-hearth_session=[\w-]{43};.*Secure/)
    const cookie = cookieOf(answer)
    expect((await visit('/', { headers: { cookie } })).status).toBe(200)
    expect((await visit('/', { headers: { cookie: cookie.replace('__Host-', '') } })).status).toBe(303)
  })

  test('a wrong password and an unknown e-mail look the same but for the e-mail, which is kept', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const wrong = await visit('/sign-in', form({ email: 'ada@example.com', password: 'wrong-password-1', next: '/x' }))
    const unknown = await visit(
      '/sign-in',
      form({ email: 'eve@example.com', password: 'wrong-password-1', next: '/x' }),
    )
    expect([wrong.status, unknown.status]).toEqual([422, 422])
    const [one, other] = [await wrong.text(), await unknown.text()]
    expect(other.replaceAll('eve@', 'ada@')).toBe(one)
    expect(one).toContain('value="ada@example.com"')
    expect(one).toContain('name="next" value="/x"')
    expect(one).toContain('role="alert"')
    expect(one).not.toContain('wrong-password-1')
    expect(wrong.headers.has('set-cookie')).toBe(false)
  })

  test('markup typed as an e-mail comes back as text', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const html = await (await visit('/sign-in', form({ email: '"><script>x</script>', password: 'x' }))).text()
    expect(html).not.toContain('<script>x')
    expect(html).toContain('&lt;script&gt;x')
  })

  test('too many tries are a 429 with Retry-After, in the form', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    for (let time = 0; time < 10; time++) await visit('/sign-in', form({ ...SIGN_IN, password: 'wrong-password-1' }))
    const answer = await visit('/sign-in', form(SIGN_IN))
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '900'])
    expect(await answer.text()).toContain('Wait 15 minutes')
  })

  test('a form without fields, sent twice over or of no form at all is a failed sign-in, not a bug', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const twice = new URLSearchParams('email=a&email=b&password=x&password=y')
    const answers = [
      await visit('/sign-in', form({})),
      await visit('/sign-in', { method: 'POST', body: twice }),
      await visit('/sign-in', { method: 'POST', body: '[1]', headers: { 'content-type': 'application/json' } }),
      await visit('/sign-in', { method: 'POST' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422])
    expect(house.lines.join()).not.toContain('a request failed')
  })

  test('from another site it is refused, so that nobody is signed in to a stranger’s account', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const answer = await visit('/sign-in', form(SIGN_IN, { 'sec-fetch-site': 'cross-site' }))
    expect([answer.status, answer.headers.has('set-cookie')]).toEqual([403, false])
  })

  test.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/.//evil.example'])(
    'never leads on to %s',
    async (next) => {
      await using house = await testAccounts()
      const visit = await doors(house)
      await addAda(house)
      const path = `/sign-in?next=${encodeURIComponent(next)}`
      expect(await (await visit(path)).text()).not.toContain('evil')
      const answer = await visit('/sign-in', form({ ...SIGN_IN, next }))
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
      const again = await visit(path, { headers: { cookie: cookieOf(answer) } })
      expect([again.status, again.headers.get('location')]).toEqual([303, '/'])
    },
  )

  test('someone who is in already goes on at once', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const cookie = cookieOf(await visit('/sign-in', form(SIGN_IN)))
    const answer = await visit('/sign-in?next=%2Fprojects%2Fp1', { headers: { cookie } })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/projects/p1'])
  })

  test('a new sign-in in the same browser ends the session before', async () => {
    await using house = await testAccounts()
    const visit = await doors(house)
    await addAda(house)
    const cookie = cookieOf(await visit('/sign-in', form(SIGN_IN)))
    const next = cookieOf(await visit('/sign-in', form(SIGN_IN, { cookie })))
    expect(next).not.toBe(cookie)
    expect((await visit('/', { headers: { cookie } })).status).toBe(303)
    expect((await visit('/', { headers: { cookie: next } })).status).toBe(200)
  })
})

test('signing out ends the session in the database and in the browser', async () => {
  await using house = await testAccounts()
  const visit = await doors(house)
  await addAda(house)
  const cookie = cookieOf(await visit('/sign-in', form(SIGN_IN)))
  const answer = await visit('/sign-out', form({}, { cookie }))
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in'])
  expect(answer.headers.get('set-cookie')).toMatch(/^hearth_session=;.*Max-Age=0/)
  expect((await visit('/', { headers: { cookie } })).status).toBe(303)
  expect(await house.rows('sessions')).toEqual([])
})

test('a viewer reads and leaves, and changes nothing', async () => {
  await using house = await testAccounts()
  const visit = await doors(house)
  await addAda(house)
  await addAccount(house.deps, { email: 'vi@example.com', password: PASSWORD, role: 'viewer' })
  const cookie = cookieOf(await visit('/sign-in', form({ email: 'vi@example.com', password: PASSWORD })))
  expect((await visit('/', { headers: { cookie } })).status).toBe(200)
  expect((await visit('/projects', form({}, { cookie }))).status).toBe(403)
  expect((await visit('/sign-out', form({}, { cookie }))).status).toBe(303)
  expect(await house.rows('sessions')).toEqual([])
})
