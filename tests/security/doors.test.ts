import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { normalEmail } from '../../src/accounts/emails.ts'
import { checkPassword } from '../../src/accounts/passwords.ts'
import { DomainError } from '../../src/errors.ts'
import { projectPath } from '../../src/files/paths.ts'
import { checkBrief, titleFromBrief } from '../../src/projects/brief.ts'
import { hostCheck } from '../../src/web/hosts.ts'
import { dataDirectory, startServer } from '../support/server.ts'
import { worked } from '../support/worked.ts'
import { at, edge, posted } from '../web/app.ts'

const MARKS = '\u0300\u0316'.repeat(250_000)
const SOON_MS = 500

/** The code of what `work` throws, and how long it took. */
function refusal(work: () => unknown): { code: string | undefined; ms: number } {
  const started = worked()
  try {
    work()
  } catch (error) {
    return { code: error instanceof DomainError ? error.code : String(error), ms: worked() - started }
  }
  return { code: undefined, ms: worked() - started }
}

const MEGABYTES: [string, string | undefined, () => unknown][] = [
  ['an e-mail address', undefined, () => normalEmail(MARKS)],
  ['a password', 'password_too_long', () => checkPassword(MARKS, 'ada@example.com')],
  ['a path', 'bad_path', () => projectPath(MARKS)],
  ['a brief', 'brief_too_long', () => checkBrief(MARKS)],
  ['a brief that is not too long', 'brief_unreadable', () => checkBrief(`a${MARKS.slice(0, 19_000)}`)],
]

test.each(MEGABYTES)('combining marks without end do not stop the server: %s', (_, code, work) => {
  const refused = refusal(work)
  expect(refused.code).toBe(code)
  expect(refused.ms).toBeLessThan(SOON_MS)
})

test('letters with many marks are still letters', () => {
  expect(checkBrief('ร้านกาแฟ tiếng Việt नमस्ते Z̸̡̢̛͎a')).toStartWith('ร้านกาแฟ')
})

test('a title is never cut through a character', () => {
  expect(titleFromBrief(`a${'😀'.repeat(60)}`).isWellFormed()).toBe(true)
})

test('a form of 150 000 names is read in one pass', async () => {
  const { app } = edge()
  app.post('/api/x', ({ body }) => Object.keys(body as object).length)
  const form = Array.from({ length: 150_000 }, (_, i) => i.toString(16)).join('&')
  const started = worked()
  const response = await app.handle(posted('/api/x', form, { 'content-type': 'application/x-www-form-urlencoded' }))
  expect(await response.text()).toBe('150000')
  expect(worked() - started).toBeLessThan(3_000)
})

const OTHER_TYPES = ['text/plain', 'application/octet-stream', 'multipart/form-data; boundary=x', 'x/y']

test.each(OTHER_TYPES)('a body of type %s is not read beyond the limit, nor at all', async (type) => {
  const { app } = edge({ limit: 1_000 })
  app.post('/api/x', ({ body }) => typeof body)
  const send = (bytes: number) => {
    let pulled = 0
    const body = new ReadableStream({
      pull(controller) {
        if (pulled >= bytes) return controller.close()
        pulled += 100
        controller.enqueue(new Uint8Array(100))
      },
    })
    return app
      .handle(at('/api/x', { method: 'POST', body, headers: { 'content-type': type } }))
      .then(({ status }) => ({ status, pulled }))
  }
  expect(await send(500)).toEqual({ status: 400, pulled: 500 })
  const { status, pulled } = await send(1_000_000)
  expect(status).toBe(413)
  expect(pulled).toBeLessThan(2_000)
})

const HOSTS: [string, string, number | undefined][] = [
  ['127.0.0.1', 'http://127.0.0.1:4321/', undefined],
  ['127.0.0.1', 'http://localhost:4321/', undefined],
  ['::1', 'http://[::1]:4321/', undefined],
  ['127.0.0.1', 'https://hearth.example/', undefined],
  ['127.0.0.1', 'http://stranger.example:4321/', 421],
  ['localhost', 'http://127.0.0.1.stranger.example/', 421],
  ['127.0.0.1', '/', 400],
  ['0.0.0.0', 'http://box.lan:4321/', undefined],
  ['0.0.0.0', '/', 400],
]

test.each(HOSTS)('listening on %s, asked as %s: %p', (bound, url, status) => {
  const check = hostCheck({ bound, urls: ['https://hearth.example', undefined] })
  expect(check({ url } as Request)?.status).toBe(status!)
})

test('a Host that is none gets an answer without our source code, from both listeners', async () => {
  using data = dataDirectory()
  await using server = await startServer({ data: data.path })
  const { port } = new URL(server.url)
  const page = await (await fetch(`${server.url}/sign-in`)).headers.get('content-security-policy')
  const preview = /frame-src http:\/\/[\d.]+:(\d+)/.exec(page ?? '')![1]!
  for (const each of [port, preview])
    for (const host of ['a b', '', 'a;script-src *', '127.0.0.1:99999', 'stranger.example']) {
      const answer = await raw(Number(each), `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 4(00|21) /)
      expect(answer.toLowerCase()).toContain('content-security-policy: sandbox')
      expect(answer).not.toContain('/src/')
    }
})

function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer)).on('error', reject)
  })
}
