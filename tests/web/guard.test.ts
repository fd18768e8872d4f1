import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { type Actor, type Guard, guard } from '../../src/web/guard.ts'
import { at, edge } from './app.ts'

const ada: Actor = { id: 'p1', email: 'ada@example.com', role: 'owner', via: 'session', scopes: [] }

function guardedApp() {
  let asked = 0
  const door = guard(async (request) => {
    asked++
    return request.headers.get('cookie') === 'ada' ? ada : null
  })
  const { app } = edge()
  const whole = app
    .get('/sign-in', () => 'public')
    .use(new Elysia().use(door).guard({ signedIn: true }, (inside) => inside.use(forgetful()).use(whoAmI(door))))
    .get('/api/health', () => 'public')
  return { app: whole, asked: () => asked }
}

const forgetful = () => new Elysia().get('/forgotten', () => 'private').get('/api/forgotten', () => 'private')
const whoAmI = (door: Guard) => new Elysia().use(door).get('/api/me', ({ actor }) => actor.email)

test('a route sees who is asking, and asks once', async () => {
  const { app, asked } = guardedApp()
  await app.modules
  const response = await app.handle(at('/api/me', { headers: { cookie: 'ada' } }))
  expect(await response.text()).toBe('ada@example.com')
  expect(asked()).toBe(1)
})

test('a route inside the guarded block that forgot to ask is closed all the same', async () => {
  const { app } = guardedApp()
  await app.modules
  expect((await app.handle(at('/api/forgotten'))).status).toBe(401)
  expect((await app.handle(at('/forgotten'))).status).toBe(303)
  expect((await app.handle(at('/forgotten', { headers: { cookie: 'ada' } }))).status).toBe(200)
})

test('what stands outside the guarded block stays open', async () => {
  const { app } = guardedApp()
  await app.modules
  expect(await (await app.handle(at('/sign-in'))).text()).toBe('public')
  expect(await (await app.handle(at('/api/health'))).text()).toBe('public')
})

test('a page sends a stranger to sign in and back again; htmx is told to go there', async () => {
  const { app } = guardedApp()
  await app.modules
  const page = await app.handle(at('/forgotten?a=1'))
  expect([page.status, page.headers.get('location')]).toEqual([303, '/sign-in?next=%2Fforgotten%3Fa%3D1'])
  const part = await app.handle(at('/forgotten', { headers: { 'hx-request-type': 'partial' } }))
  expect([part.status, part.headers.get('hx-redirect')]).toEqual([401, '/sign-in'])
})
