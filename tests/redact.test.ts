import { expect, test } from 'bun:test'
import { openLog } from '../src/log.ts'
import { redactor } from '../src/redact.ts'
import { worked } from './support/worked.ts'

const VENDOR = 'sk-ant-api03-AbCdEf012345678'
const TOKEN = `hth_${'aB3_'.repeat(10)}xyz`
const LOCAL = `local_${'Zz9-'.repeat(10)}abc`

const redact = redactor(['correct horse battery', undefined, '', 'abc'])

test.each([
  [
    'a key in a URL',
    'GET https://ai.example/v1/models?key=AbC123xyz&alt=sse failed',
    'GET https://ai.example/v1/models?key=[secret]&alt=sse failed',
  ],
  [
    'a token further on in a URL',
    'https://x.example/a?b=1&access_token=t0k3n#top',
    'https://x.example/a?b=1&access_token=[secret]#top',
  ],
  ['a password in a URL', 'libsql://me:pa55word@db.example/x', 'libsql://me:[secret]@db.example/x'],
  ['a header', 'authorization: Bearer abc', 'authorization: [secret]'],
  ['a header with its case', 'Authorization: Basic bWU6cGFzcw== was sent', 'Authorization: [secret] was sent'],
  ['a header in JSON', '{"Authorization":"Bearer abc.def","a":1}', '{"Authorization":"[secret]","a":1}'],
  ['a vendor’s header', 'x-api-key: 0123456789abcdef', 'x-api-key: [secret]'],
  ['a cookie', 'Cookie: hearth_session=abc; other=def', 'Cookie: [secret]'],
  ['a vendor’s key', `the key ${VENDOR} is wrong`, 'the key [secret] is wrong'],
  ['a token of Hearth', `used ${TOKEN}.`, 'used [secret].'],
  ['the local secret', `Bearer ${LOCAL}`, 'Bearer [secret]'],
  ['a configured value', 'said correct horse battery to me', 'said [secret] to me'],
  ['a configured value in a URL', 'https://x.example/correct%20horse%20battery', 'https://x.example/[secret]'],
])('%s is blotted out', (_what, text, clean) => {
  expect(redact(text)).toBe(clean)
})

test.each([
  'A landing page for a bakery, with cookies: oat, rye and spelt',
  'Authorization: explain it in a paragraph. Password: at least eight characters.',
  'class="sk-circle key-features local_time task-board"',
  'Bearer of good news; ask-a-question; /page?key-figures=no',
  'const token = nextToken(); abc',
])('what people write is left as it is: %s', (text) => {
  expect(redact(text)).toBe(text)
})

test('a record is cleaned to its depths, by the names of its fields too, and is not changed itself', () => {
  const record = {
    status: 401,
    request: {
      url: 'https://x.example/?key=k123',
      headers: { Authorization: 'x', 'x-api-key': 'y', accept: 'text/html' },
    },
    tries: [{ apiKey: 'plain' }, `again with ${VENDOR}`],
    usage: { inputTokens: 7, token: null },
  }
  const before = structuredClone(record)
  expect(redact(record)).toEqual({
    status: 401,
    request: {
      url: 'https://x.example/?key=[secret]',
      headers: { Authorization: '[secret]', 'x-api-key': '[secret]', accept: 'text/html' },
    },
    tries: [{ apiKey: '[secret]' }, 'again with [secret]'],
    usage: { inputTokens: 7, token: null },
  })
  expect(record).toEqual(before)
})

test('no text takes long to clean', () => {
  const worst = ['password=', 'a-', 'sk-', 'Bearer x', 'a://b:', '?key=', 'authorization: '].map((text) =>
    text.repeat(20_000),
  )
  const began = worked()
  for (const text of worst) redact(text)
  expect(worked() - began).toBeLessThan(1_000)
})

test('the log writes no secret: not in messages, fields, errors or their causes', () => {
  const lines: string[] = []
  const log = openLog('info', (line) => void lines.push(line), redactor(['correct horse']))
  const cause = new Error('said correct horse')
  log.error(`failed with ${VENDOR}`, {
    error: new Error('at ?key=abc123', { cause }),
    password: 'plain',
    deep: { token: 'x' },
  })
  expect(lines.join('')).not.toMatch(/AbCdEf|abc123|correct horse|plain|"x"/)
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: 'failed with [secret]', password: '[secret]' })
})
