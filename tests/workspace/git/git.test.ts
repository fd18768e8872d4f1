import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { testWorkspace } from '../support.ts'
import { type GitHouse, git, gitHouse, NO_GIT } from './support.ts'

const lines = (text: string) => text.trim().split('\n')
setDefaultTimeout(30_000) // git starts many processes, and the machine may be busy

let house: GitHouse
beforeAll(async () => {
  house = await gitHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const PICTURE = new Uint8Array(300_000).map((_, i) => (i * 7919) >> 3)

describe.skipIf(NO_GIT)('a clone', () => {
  test('has a commit for each change of files, with its author and reason, and what the project holds', async () => {
    const project = await house.empty()
    await project.write('index.html', '<h1>Crumb</h1>\n')
    house.clock.pass(60_000)
    await project.write('images/brötchen 🥐.png', PICTURE)
    await project.write('empty.txt', '')
    const made = await project.write('index.html', '<h1>Crumb & Co</h1>\n', 'job:j1')
    await project.remove('empty.txt')
    const at = await project.clone()

    expect(lines((await git(['log', '--reverse', '--format=%an|%ae|%s'], at)).out)).toEqual([
      'ann|ann@example.org|Wrote index.html',
      'ann|ann@example.org|Wrote images/brötchen 🥐.png',
      'ann|ann@example.org|Wrote empty.txt',
      'Hearth|hearth@hearth.invalid|Wrote index.html',
      'ann|ann@example.org|Deleted empty.txt',
    ])
    expect((await git(['log', '-1', '--format=%B', 'HEAD^'], at)).out).toContain(`Change: ${made.id}`)
    expect((await git(['symbolic-ref', 'HEAD'], at)).out).toBe('refs/heads/main\n')
    expect((await git(['fsck', '--strict'], at)).code).toBe(0)
    expect(readdirSync(at).sort()).toEqual(['.git', 'images', 'index.html'])
    expect(readFileSync(join(at, 'index.html'), 'utf8')).toBe('<h1>Crumb & Co</h1>\n')
    expect(new Uint8Array(readFileSync(join(at, 'images/brötchen 🥐.png')))).toEqual(PICTURE)
    const dates = lines((await git(['log', '--reverse', '--format=%at'], at)).out).map(Number)
    expect(dates[1]! - dates[0]!).toBe(60)
  })

  test('of a project without files is empty, and fills with the next fetch', async () => {
    const project = await house.empty()
    const at = await project.clone()
    await project.write('a.txt', 'one')
    expect((await git(['pull', '-q', 'origin', 'main'], at)).code).toBe(0)
    expect(readFileSync(join(at, 'a.txt'), 'utf8')).toBe('one')
  })

  test('made of the same changes has the same commits, whether kept, fetched bit by bit, or made again', async () => {
    const project = await house.empty()
    await project.write('a.txt', 'one')
    const at = await project.clone()
    for (const text of ['two', 'three', 'four']) {
      await project.write('a.txt', text)
      await project.write(`${text}/b.txt`, text)
      expect((await git(['pull', '-q'], at)).code).toBe(0)
    }
    const tip = (await git(['rev-parse', 'HEAD'], at)).out
    await Bun.$`rm -rf ${join(house.data, 'git')}`.quiet()
    const again = await project.clone()
    expect((await git(['rev-parse', 'HEAD'], again)).out).toBe(tip)
    expect(lines((await git(['log', '--format=%s'], again)).out)).toHaveLength(7)
  })

  test('can be shallow, and be deepened', async () => {
    const project = await house.empty()
    for (let i = 0; i < 5; i++) await project.write('a.txt', `${i}`)
    const at = await project.clone('--depth', '2')
    expect(lines((await git(['log', '--format=%s'], at)).out)).toHaveLength(2)
    expect((await git(['fetch', '-q', '--unshallow'], at)).code).toBe(0)
    expect(lines((await git(['log', '--format=%s'], at)).out)).toHaveLength(5)
  })

  test.each(['0', '1', '2'])('speaks version %s of the protocol', async (version) => {
    const project = await house.empty()
    await project.write('a.txt', 'one')
    const at = await project.clone('-c', `protocol.version=${version}`)
    await project.write('a.txt', 'two')
    expect((await git(['pull', '-q'], at)).code).toBe(0)
    expect(readFileSync(join(at, 'a.txt'), 'utf8')).toBe('two')
  })

  test('taken by several at once is the same for all', async () => {
    const project = await house.empty()
    for (let i = 0; i < 20; i++) await project.write(`${i}.txt`, `${i}`)
    const all = await Promise.all(Array.from({ length: 6 }, () => project.clone()))
    const tips = await Promise.all(all.map(async (at) => (await git(['rev-parse', 'HEAD'], at)).out))
    expect(new Set(tips).size).toBe(1)
    expect(readdirSync(all[5]!)).toHaveLength(21)
  })

  test('leaves out what git would act on, and says so', async () => {
    const project = await house.empty()
    await project.write('.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n')
    await project.write('a.txt', 'one')
    const at = await project.clone('--recurse-submodules')
    expect(readdirSync(at).sort()).toEqual(['.git', 'a.txt'])
    expect((await git(['log', '-1', '--format=%B', 'HEAD^'], at)).out).toContain('Left out here')
    expect((await git(['fsck', '--strict'], at)).code).toBe(0)
  })
})

describe.skipIf(NO_GIT)('the git door', () => {
  test('takes a token as the password, also one that may only read, and nobody else', async () => {
    const project = await house.empty()
    await project.write('a.txt', 'one')
    const reader = await house.tokenFor('ann@example.org', ['read'])
    expect((await git(['ls-remote', project.remote(reader)], house.folder)).out).toContain('refs/heads/main')
    expect((await git(['clone', '-q', project.remote(reader), 'r'], house.folder)).code).toBe(0)

    for (const secret of ['hth_wrong', 'local_wrong', '']) {
      const { code, errors } = await git(['clone', '-q', project.remote(secret), 'w'], house.folder)
      expect(code).not.toBe(0)
      expect(errors).toMatch(/Authentication failed|could not read|terminal prompts disabled/)
    }
    const nobody = await fetch(`${house.url}${project.at}/info/refs?service=git-upload-pack`)
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic /)])
  })

  test('asks for a password nowhere else, and takes none there', async () => {
    const basic = `Basic ${Buffer.from(`git:${await house.tokenFor('ann@example.org')}`).toString('base64')}`
    const response = await fetch(`${house.url}/api/projects`, { headers: { authorization: basic } })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, null])
  })

  test('refuses a push in words, and nothing has changed', async () => {
    const project = await house.empty()
    await project.write('a.txt', 'one')
    const at = await project.clone()
    const me = ['-c', 'user.name=x', '-c', 'user.email=x@example.org']
    await git([...me, 'commit', '-q', '--allow-empty', '-m', 'mine'], at)
    const { code, errors } = await git(['push', 'origin', 'main'], at)
    expect(code).not.toBe(0)
    expect(errors).toContain('nothing was pushed')
    const response = await house.request(`${project.at}/git-receive-pack`, { method: 'POST' })
    expect(response.status).toBe(403)
    expect((await git(['ls-remote', project.remote()], house.folder)).out).toContain(
      (await git(['rev-parse', 'HEAD^'], at)).out.trim(),
    )
  })

  test('answers nothing but its two questions', async () => {
    const project = await house.empty()
    await project.write('a.txt', 'one')
    await project.clone()
    const at = `${project.at}`
    expect((await house.request(`${at}/info/refs`)).status).toBe(403)
    for (const path of ['/HEAD', '/config', '/objects/info/packs', '/objects/../config', '/../../hearth.db'])
      expect((await house.request(`${at}${path}`)).status).toBe(404)
    for (const id of ['nobody', '..', '%2e%2e%2f%2e%2e', '.git', `${project.id}.git%00`])
      expect((await house.request(`/git/${id}.git/info/refs?service=git-upload-pack`)).status).toBe(404)
  })

  test('unpacks what git packed, up to a bound', async () => {
    const project = await house.empty()
    await project.write('a.txt', 'one')
    const post = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
      house.request(`${project.at}/git-upload-pack`, {
        method: 'POST',
        body,
        headers: { 'content-encoding': 'gzip', 'content-type': 'application/x-git-upload-pack-request', ...headers },
      })
    const listed = await post(gzipSync('0014command=ls-refs\n0000'), { 'git-protocol': 'version=2' })
    expect([listed.status, await listed.text()]).toEqual([200, expect.stringContaining('refs/heads/main')])
    expect((await post(gzipSync(Buffer.alloc(17 * 2 ** 20)))).status).toBe(413)
    expect((await post(Buffer.from('no gzip'))).status).toBe(400)
    expect((await post(Buffer.alloc(17 * 2 ** 20), { 'content-encoding': 'identity' })).status).toBe(413)
  })

  test('lets a viewer and a browser that is signed in read', async () => {
    const project = await house.empty()
    await project.write('a.txt', 'one')
    const cookie = await house.signedIn('eve@example.org', 'viewer')
    const viewer = await house.tokenFor('eve@example.org')
    expect((await git(['clone', '-q', project.remote(viewer), 'v'], house.folder)).code).toBe(0)

    const refs = await fetch(`${house.url}${project.at}/info/refs?service=git-upload-pack`, {
      headers: { cookie },
    })
    expect([refs.status, await refs.text()]).toEqual([200, expect.stringContaining('refs/heads/main')])
  })

  test('says how to clone in words where there is no git', async () => {
    await using space = await testWorkspace({ gitProgram: null })
    const response = await space.ask('/git/p1.git/info/refs?service=git-upload-pack')
    expect([response.status, await response.text()]).toEqual([501, expect.stringContaining('Install it')])
  })

  test('stops git when its client goes away', async () => {
    const project = await house.empty()
    for (let i = 0; i < 4; i++)
      await project.write(`${i}.bin`, crypto.getRandomValues(new Uint8Array(8 * 2 ** 20)).slice())
    const refs = await house.request(`${project.at}/info/refs?service=git-upload-pack`)
    const tip = /([0-9a-f]{40}) refs\/heads\/main/.exec(await refs.text())![1]!
    const gone = new AbortController()
    const packet = (text: string) => (text.length + 4).toString(16).padStart(4, '0') + text
    const response = await house.request(`${project.at}/git-upload-pack`, {
      method: 'POST',
      body: `${packet(`want ${tip} ofs-delta\n`)}0000${packet('done\n')}`,
      signal: gone.signal,
    })
    await response.body!.getReader().read()
    expect(await children()).not.toEqual([])
    gone.abort()
    while ((await children()).length > 0) await Bun.sleep(10)
  })
})

/** The runs of git that this process has started and that have not ended. */
async function children(): Promise<string[]> {
  const { stdout } = await Bun.$`ps -o args= --ppid ${process.pid}`.quiet().nothrow()
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.includes('upload-pack'))
}
