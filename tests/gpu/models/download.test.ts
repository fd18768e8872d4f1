import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DownloadDeps, download } from '../../../src/gpu/models/download.ts'
import { isAllowed } from '../../../src/gpu/models/hosts.ts'
import { temporaryFolder } from '../../support/database.ts'
import { fileServer, type Served, someBytes } from '../../support/file-server.ts'

const MIB = 1024 ** 2
const BYTES = someBytes(2 * MIB)

const opened: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const stack of opened.splice(0)) await stack[Symbol.asyncDispose]()
})

async function scene(served: Partial<Served> = {}, more: Partial<DownloadDeps> = {}) {
  const stack = new AsyncDisposableStack()
  opened.push(stack)
  const server = stack.use(await fileServer({ '/m': { bytes: BYTES, ...served } }))
  const place = join(stack.use(temporaryFolder()).path, 'deep/m.part')
  const deps = { hosts: [server.host], signal: new AbortController().signal, heard() {}, ...more }
  const get = (bytes?: number, path = '/m') => download(deps, { url: `${server.url}${path}`, bytes }, place)
  return { ...server, server, place, get, content: () => readFileSync(place) }
}

const whole = (content: Buffer) => expect(Buffer.compare(content, BYTES)).toBe(0)

describe('a download', () => {
  test('that is cut again and again goes on from where it was, and asks for no byte twice', async () => {
    const at = await scene({ cutAfter: MIB / 2, cuts: 3 })
    await at.get(BYTES.length)
    whole(at.content())
    expect(at.asked).toHaveLength(4)
    expect(at.asked.slice(1).every(({ ifRange }) => ifRange === '"one"')).toBe(true)
    const from = at.asked.slice(1).map(({ range }) => Number(range!.match(/\d+/)![0]))
    expect(from).toEqual([...from].sort((a, b) => a - b))
  })

  test('that was stopped goes on by what lies on the disk', async () => {
    const stop = new AbortController()
    const heard = (bytes: number) => bytes >= MIB && stop.abort(new Error('stopped'))
    const at = await scene({ holdAfter: 1.5 * MIB }, { signal: stop.signal, heard })
    await expect(at.get()).rejects.toThrow('stopped')
    const there = at.content().length
    delete at.files['/m']!.holdAfter
    const again = { hosts: [at.host], signal: new AbortController().signal, heard() {} }
    await download(again, { url: `${at.url}/m` }, at.place)
    whole(at.content())
    expect(there).toBeGreaterThanOrEqual(MIB)
    expect(at.asked.map(({ range }) => range)).toEqual([undefined, `bytes=${there}-`])
  })

  test.each([
    ['that heeds no Range', { noRanges: true }],
    ['whose file is another one since', { etag: '"two"' }],
    ['whose file is another one since, and that heeds no If-Range', { etag: '"two"', noIfRange: true }],
    ['that names its file only weakly', { etag: 'W/"one"', noIfRange: true }],
  ] as [string, Partial<Served>][])('from a server %s begins anew', async (_what, change) => {
    const at = await scene(change)
    await Bun.write(at.place, someBytes(MIB, 9)) // of the file that was there before
    const begun = { url: `${at.url}/m`, etag: change.etag?.startsWith('W') ? change.etag : '"one"', total: 2 * MIB }
    await Bun.write(`${at.place}.json`, JSON.stringify(begun))
    await at.get(BYTES.length)
    whole(at.content())
  })

  test.each([
    ['more than was announced by the catalogue', { bytes: someBytes(2 * MIB + 5) }, 'download_size'],
    ['less than was announced by the catalogue', { bytes: someBytes(MIB) }, 'download_size'],
    ['less than it says itself, for ever', { cutAfter: 0, cuts: 99 }, 'download_failed'],
    ['an error', { status: 503 }, 'download_failed'],
    ['no leave to have it', { status: 403 }, 'download_failed'],
    ['it packed', { headers: { 'content-encoding': 'gzip' } }, 'download_failed'],
  ])('of a server that sends %s fails, in words', async (_what, served, code) => {
    const at = await scene(served)
    await expect(at.get(BYTES.length)).rejects.toMatchObject({ code })
    if (code === 'download_size') expect(existsSync(at.place)).toBe(false)
  })

  test('that falls silent is asked for again, from there', async () => {
    const at = await scene({ holdAfter: MIB }, { silenceMs: 200 })
    await at.get(BYTES.length)
    whole(at.content())
    const [first, ...rest] = at.asked.map(({ range }) => range)
    expect([first, new Set(rest)]).toEqual([undefined, new Set([`bytes=${MIB}-`])])
  })
})

describe('redirects', () => {
  test('are followed to allowed hosts, which see no key but the first', async () => {
    await using store = await fileServer({ '/blob': { bytes: BYTES } })
    const hosts: string[] = [store.host]
    const at = await scene({ location: `${store.url}/blob` }, { keyFor: () => 'secret', hosts })
    hosts.push(at.host)
    await at.get()
    whole(at.content())
    expect([at.asked[0]!.authorization, store.asked[0]!.authorization]).toEqual(['Bearer secret', undefined])
  })

  test('are looked at hop by hop: another port of a host that is allowed is not asked for anything', async () => {
    await using other = await fileServer({ '/blob': { bytes: BYTES } })
    const at = await scene({ location: '/second' })
    at.files['/second'] = { bytes: BYTES, location: `${other.url}/blob` }
    await expect(at.get()).rejects.toMatchObject({ code: 'download_host' })
    expect([at.asked.map(({ path }) => path), other.asked]).toEqual([['/m', '/second'], []])
  })

  test.each([
    ['to a host that nobody named', 'http://localhost:1/x'],
    ['to the network behind', 'http://169.254.169.254/latest'],
    ['to another’s host behind a name that is allowed', 'http://127.0.0.1@localhost:1/x'],
    ['to a file', 'file:///etc/passwd'],
    ['in a circle', '/m'],
  ])('%s are not', async (what, location) => {
    const at = await scene({ location })
    await expect(at.get()).rejects.toMatchObject({ code: what === 'in a circle' ? 'download_failed' : 'download_host' })
    expect(existsSync(at.place)).toBe(false)
  })
})

describe('hosts', () => {
  const hosts = ['huggingface.co', '.hf.co', 'localhost:8080', '127.0.0.1', '[0:0::1]:9', 'Mirror.lan:8443', '.lan:444']
  test.each([
    ['https://huggingface.co/a', true],
    ['https://cdn.hf.co/a', true],
    ['http://localhost:8080/a', true],
    ['http://localhost/a', false],
    ['https://huggingface.co:443/a', true],
    ['https://HUGGINGFACE.CO/a', true],
    ['http://127.0.0.1/a', true],
    ['http://0x7f.1:80/a', true],
    ['http://[::1]:9/a', true],
    ['https://mirror.lan:8443/a', true],
    ['https://cdn.lan:444/a', true],
    // an entry without a port means the usual one
    ['https://huggingface.co:8443/a', false],
    ['https://cdn.hf.co:22/a', false],
    ['http://127.0.0.1:8080/a', false],
    ['https://mirror.lan/a', false],
    ['https://cdn.lan/a', false],
    ['http://[::1]/a', false],
    // who looks like an allowed one
    ['https://huggingface.co@evil.example/a', false],
    ['https://huggingface.co:443@evil.example/a', false],
    ['https://me:secret@huggingface.co/a', false],
    ['https://huggingface.co./a', false],
    ['https://huggingface.co.evil.example/a', false],
    ['https://evil-huggingface.co/a', false],
    ['https://evilhf.co/a', false],
    ['https://.hf.co/a', false],
    ['https://huggingface.co%2eevil.example/a', false],
    ['https://huggingface.co\\@evil.example/a', true], // a backslash is a slash: it is huggingface.co that is asked
    ['http://[::ffff:127.0.0.1]/a', false],
    ['http://127.0.0.1.:8080/a', false],
    ['http://2130706433:8080/a', false],
    ['http://169.254.169.254/a', false],
    ['http:huggingface.co/a', false],
    ['http://huggingface.co/a', false],
    ['https://hf.co/a', false],
    ['https://evilhf.co/a', false],
    ['https://huggingface.co.evil.example/a', false],
    ['https://me:pass@huggingface.co/a', false],
    ['https://evil.example/huggingface.co', false],
    ['ftp://huggingface.co/a', false],
    ['nonsense', false],
  ])('%s: %p', (address, allowed) => expect(isAllowed(address, hosts)).toBe(allowed))
})
