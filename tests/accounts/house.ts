import { sql } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { type AccountsDeps, addAccount } from '../../src/accounts/accounts.ts'
import { authenticate } from '../../src/accounts/authenticate.ts'
import { sessionCookie } from '../../src/accounts/cookie.ts'
import { openHasher, PRESENT_PARAMETERS } from '../../src/accounts/hasher.ts'
import { publicAccountRoutes } from '../../src/accounts/public-routes.ts'
import { accountRoutes } from '../../src/accounts/routes.ts'
import { openEventLog } from '../../src/events/append.ts'
import { openHub } from '../../src/events/hub.ts'
import { openLog } from '../../src/log.ts'
import { guard } from '../../src/web/guard.ts'
import { testDatabase } from '../support/database.ts'
import { at, edge } from '../web/app.ts'

export const PASSWORD = 'tea with the neighbours'
export const LOCAL_SECRET = 'the-secret-of-this-machine'

/** Stands in for argon2id where a test is not about hashing: same form, no time. */
export const quickHash = {
  hash: async (password: string | NodeJS.TypedArray) => `${PRESENT_PARAMETERS}quick$${btoa(String(password))}`,
  verify: async (password: string | NodeJS.TypedArray, hash: string | NodeJS.TypedArray) =>
    String(hash).endsWith(`quick$${btoa(String(password))}`),
}

/** The accounts room on a real database, with a clock that stands still and a log that is kept. */
export async function testAccounts(slow: Pick<typeof Bun.password, 'hash' | 'verify'> = quickHash) {
  const db = await testDatabase()
  const clock = {
    at: Date.UTC(2026, 10, 21),
    pass(ms: number) {
      clock.at += ms
    },
  }
  const now = () => clock.at
  const hub = openHub({ now })
  const lines: string[] = []
  const log = openLog('debug', (line) => lines.push(line))
  let ids = 0
  const deps: AccountsDeps = {
    db,
    events: openEventLog({ hub, now }),
    now,
    newId: () => `id-${++ids}`,
    hasher: openHasher(slow),
    log,
  }
  return {
    deps,
    clock,
    lines,
    events: () =>
      db.read.all<{ type: string; author: string; data: string }>(
        sql`select type, author, data from events order by seq`,
      ),
    rows: (table: string) => db.read.all<Record<string, unknown>>(sql.raw(`select * from ${table}`)),
    async [Symbol.asyncDispose]() {
      hub[Symbol.dispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

export type TestAccounts = Awaited<ReturnType<typeof testAccounts>>

export function addAda({ deps }: TestAccounts) {
  return addAccount(deps, { email: 'ada@example.com', password: PASSWORD })
}

/** The doors and the guarded routes as app.ts mounts them, with one private page of another room behind them. */
export async function doors({ deps }: TestAccounts, url?: string) {
  const cookie = sessionCookie(url)
  const known = authenticate({ ...deps, cookie, localSecret: LOCAL_SECRET })
  const door = guard(known)
  const shell = async (_: unknown, title: string) => ({
    title,
    account: null,
    projects: [],
    current: null,
    machine: null,
    demo: false,
  })
  const { app } = edge({ url })
  const whole = app.use(publicAccountRoutes({ ...deps, cookie, authenticate: known, proxied: false })).use(
    new Elysia().use(door).guard({ signedIn: true }, (inside) =>
      inside
        .use(accountRoutes({ ...deps, door, cookie, shell }))
        .get('/', () => 'the private home')
        .post('/projects', () => 'made'),
    ),
  )
  await whole.modules
  return (path: string, init?: RequestInit) => whole.handle(at(path, init))
}

/** A form as a browser without script sends it. */
export function form(fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields), headers: { 'sec-fetch-site': 'same-origin', ...headers } }
}

/** The cookie that an answer set, as a browser would send it back. */
export function cookieOf(response: Response): string {
  return (response.headers.get('set-cookie') ?? '').split(';')[0]!
}

/** The error of a promise that must fail. `expect().rejects` waits 300 ms for each that goes through the database. */
export async function refusal(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}
