import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { version } from '../../package.json'
import { buildBinary } from '../../scripts/build.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')
const MAX_BYTES = 130e6
const READY_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 3

setDefaultTimeout(90_000)

describe('the binary of Hearth itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-one-file-'))
  const hearth = join(folder, 'hearth')
  const empty = mkdtempSync(join(folder, 'empty-'))
  const port = freePort()

  beforeAll(() => buildBinary({ entry: MAIN, outfile: hearth, arch: process.arch as 'x64' | 'arm64' }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function start(args: string[], more: Record<string, string> = {}) {
    const env = { TMPDIR: folder, HEARTH_PORT: String(port), HEARTH_PREVIEW_PORT: '0', ...more }
    return Bun.spawn([hearth, ...args], { cwd: empty, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  }

  test('says its version', async () => {
    const said = start(['--version'])
    expect(await new Response(said.stdout).text()).toContain(version)
    expect(await said.exited).toBe(0)
  })

  test('serves from an empty folder, says that it is ready, and ends in peace at SIGTERM', async () => {
    const startedAt = performance.now()
    const server = start(['serve'])
    await ready(server)
    const ms = performance.now() - startedAt
    expect(await start(['health']).exited).toBe(0)
    console.log(
      `hearth: ${(statSync(hearth).size / 1e6).toFixed(1)} MB, ready after ${ms.toFixed(0)} ms (first start, migrations and all), ${residentMb(server.pid)} MB resident`,
    )
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  })

  test('describes its API', async () => {
    const said = start(['openapi'])
    const { openapi, paths } = JSON.parse(await new Response(said.stdout).text())
    expect([openapi, Object.keys(paths).includes('/api/projects'), await said.exited]).toEqual(['3.1.1', true, 0])
  })

  test('backs itself up and restores', async () => {
    const file = join(folder, 'backup.tar')
    expect(await start(['backup', file]).exited).toBe(0)
    expect(await start(['restore', file, '--force']).exited).toBe(0)
  })

  const vendors = [
    ['anthropic', 'ANTHROPIC'],
    ['openai', 'OPENAI'],
    ['google', 'GEMINI'],
  ] as const
  test.each(vendors)('carries the library of %s', async (provider, prefix) => {
    using vendor = Bun.serve({ port: 0, fetch: () => Response.json({ error: { message: 'no' } }, { status: 401 }) })
    const env = {
      [`${prefix}_API_KEY`]: 'a-key-that-nobody-knows',
      [`${prefix}_BASE_URL`]: `http://127.0.0.1:${vendor.port}`,
      HEARTH_DATA: mkdtempSync(join(folder, 'data-')),
    }
    const said = start(['make', 'a note', '--model', provider, '--json'], env)
    const text = await new Response(said.stdout).text()
    expect(await said.exited).not.toBe(0)
    expect(text).toContain('model_auth')
    expect(text).not.toContain('a-key-that-nobody-knows')
  })

  test('says that nothing is ready when no server runs', async () => {
    expect(await start(['health']).exited).not.toBe(0)
  })

  test(`stays under ${MAX_BYTES / 1e6} MB`, () => {
    expect(statSync(hearth).size).toBeLessThan(MAX_BYTES)
  })

  async function ready(server: ReturnType<typeof start>): Promise<void> {
    const until = performance.now() + READY_WITHIN_MS
    while (performance.now() < until && server.exitCode === null) {
      const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
      if (answer?.ok) return
      await Bun.sleep(LOOK_EVERY_MS)
    }
    server.kill()
    throw new Error(`Hearth did not become ready. It said: ${await new Response(server.stderr).text()}`)
  }
})

function residentMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kb) / 1024)
}

function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return port
}
