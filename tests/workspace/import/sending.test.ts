import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestApp, testApp } from '../../support/app.ts'
import { testWorkspace } from '../support.ts'
import { numbers, zipOf } from './zips.ts'

setDefaultTimeout(30_000)

let app: TestApp
let project: string
beforeAll(async () => {
  app = await testApp({ work: false })
  project = (await app.make('A bakery')).project.id
})
afterAll(() => app[Symbol.asyncDispose]())

const scratch = () => readdirSync(join(app.data, 'imports'))
const path = () => `/api/projects/${project}/imports`
const NOISE = crypto.getRandomValues(new Uint8Array(65_536))
const BIG = new Uint8Array(6 * 2 ** 20).map((_, i) => NOISE[i % NOISE.length]! ^ (i >> 16))

/** Sends what is no whole request, and gives what comes back. */
async function sendRaw(...pieces: (string | Uint8Array)[]): Promise<{ answer: Promise<string>; leave(): void }> {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  const answer = new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
      if (text.includes('\r\n\r\n')) resolve(text)
    })
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
  })
  const auth = `authorization: Bearer local_${app.app.localSecret}`
  const head = `POST ${path()} HTTP/1.1\r\nhost: ${hostname}\r\n${auth}\r\ncontent-type: application/zip\r\n`
  socket.write(head)
  for (const piece of pieces) socket.write(piece)
  return { answer, leave: () => socket.destroy() }
}

test('a zip larger than other bodies may be is taken, as a body and in a form, and comes out as it was', async () => {
  const zip = zipOf([
    { name: 'big.bin', method: 0, data: BIG },
    { name: 'small.txt', data: 'x' },
  ])
  const sent = await app.request(path(), { method: 'POST', headers: { 'content-type': 'application/zip' }, body: zip })
  expect([sent.status, await sent.json()]).toEqual([201, expect.objectContaining({ written: 2 })])
  const form = new FormData()
  form.append('zip', new File([zip], 'again.zip'))
  const again = await app.request(path(), { method: 'POST', body: form })
  expect(await again.json()).toMatchObject({ written: 0, unchanged: 2 })
  const bytes = await (await app.request(`/api/projects/${project}/files/big.bin`)).bytes()
  expect(Bun.hash(bytes)).toBe(Bun.hash(BIG))
  expect(scratch()).toEqual([])
})

test('what is announced to be too large is refused before it comes', async () => {
  const { answer, leave } = await sendRaw(`content-length: ${2 ** 31}\r\n\r\nPK`)
  expect(await answer).toMatch(/^HTTP\/1\.1 413[\s\S]*/)
  leave()
})

test('who goes away in the middle leaves nothing behind', async () => {
  const before = await app.json(`/api/projects/${project}`)
  const { leave } = await sendRaw(
    'content-length: 1000000\r\n\r\n',
    zipOf([{ name: 'a', data: 'x' }]),
    BIG.subarray(0, 100_000),
  )
  while (scratch().length === 0) await Bun.sleep(5)
  leave()
  while (scratch().length > 0) await Bun.sleep(5)
  expect(await app.json(`/api/projects/${project}`)).toEqual(before)
})

test('a form waits its turn as a zip does, and is refused when too many wait', async () => {
  await using space = await testWorkspace()
  const bodies: ReadableStreamDefaultController[] = []
  const headers = { 'content-type': 'multipart/form-data; boundary=x' }
  const post = (pull = () => {}) => {
    const body = new ReadableStream({ start: (own) => void bodies.push(own), pull }, { highWaterMark: 0 })
    return space.ask('/api/imports', { method: 'POST', headers, body })
  }
  const read = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const all = read.map(({ resolve }) => post(resolve))
  await Promise.all(read.map(({ promise }) => promise)) // two are being read, eight may wait
  all.push(...Array.from({ length: 9 }, () => post()))
  const first = await Promise.race(all)
  for (const body of bodies) body.error(new Error('gone'))
  expect([first.status, ((await first.json()) as { code: string }).code]).toEqual([503, 'import_busy'])
  await Promise.allSettled(all)
})

test('an entry that is announced to be larger than any file may be is refused before it is unpacked', async () => {
  // A stored file whose size the directory invents: nothing of it is read.
  const zip = zipOf([{ name: 'a', data: 'x', size: 2 ** 30 + 1 }])
  const sent = await app.request(path(), { method: 'POST', headers: { 'content-type': 'application/zip' }, body: zip })
  expect([sent.status, ((await sent.json()) as { code: string }).code]).toEqual([413, 'import_too_big'])
})

test('nobody imports who was not let in', async () => {
  const nobody = await fetch(`${app.url}${path()}`, { method: 'POST', body: numbers(4, 0) as Uint8Array<ArrayBuffer> })
  expect(nobody.status).toBe(401)
})
