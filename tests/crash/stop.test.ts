import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { takeOverLost } from '../../src/jobs/claim.ts'
import { startTimeOf } from '../../src/sandbox/start-time.ts'
import { openClient, type WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'
import { testEngine, until } from '../support/jobs.ts'
import { lines } from '../support/second-process.ts'

const SERVER = join(import.meta.dir, '../support/stubborn-server.ts')
const BRIEF = 'a landing page for a bakery called Crumb with one picture'

async function stubborn(data: string, ...more: string[]) {
  const child = Bun.spawn([process.execPath, SERVER, data, ...more], { stdout: 'pipe', stderr: 'inherit' })
  const { url, secret, deaf } = JSON.parse((await lines(child.stdout).next()).value!)
  return { child, deaf: deaf as string, url: url as string, secret: secret as string, client: openClient(url, secret) }
}

/** The pid of the renderer that an attempt notes. */
function rendererOf(data: string): number | undefined {
  try {
    const names = readdirSync(join(data, 'attempts'), { recursive: true }) as string[]
    const file = names.find((name) => name.endsWith('process.json'))
    return file && JSON.parse(readFileSync(join(data, 'attempts', file), 'utf8')).pid
  } catch {
    return undefined
  }
}

/** A reader that asks for a stream over a bare socket, and never reads. */
function stuckReader(url: string, path: string, secret: string) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer local_${secret}\r\n\r\n`)
  socket.pause()
  return { [Symbol.dispose]: () => void socket.destroy() }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} ends the server within 5 s though a job is deaf, a renderer ignores SIGTERM and a reader is stuck; all is given back uncounted`, async () => {
    using folder = temporaryFolder()
    const { child, client, deaf, url, secret } = await stubborn(folder.path)
    const made = (await (await client.post('/api/projects', { brief: BRIEF, tier: 'low' })).json()) as {
      project: { id: string }
    }
    const path = `/api/projects/${made.project.id}/events`
    using _ = stuckReader(url, path, secret)
    using reading = await client.follow(path)
    await reading.until(({ type, kind }) => type === 'job.started' && kind === 'render', 'a render')
    await until(() => rendererOf(folder.path) !== undefined)
    const renderer = rendererOf(folder.path)!
    expect(startTimeOf(renderer)).not.toBeNull()

    const asked = performance.now()
    child.kill(signal)
    const end = reading.until(({ type }: WireLine) => type === 'end', 'the last line')
    expect(await child.exited).toBe(0)
    const took = performance.now() - asked
    if (process.env.SHOW_FIGURES) console.log(`${signal}: ${took.toFixed(0)} ms`)
    expect(took).toBeLessThan(5_000)
    expect(await end).toMatchObject({ reason: 'shutdown' })
    expect(startTimeOf(renderer)).toBeNull()

    await using app = await testEngine({ folder: folder.path })
    const given = reading.lines.filter(({ type, reason }) => type === 'job.queued' && reason === 'server_stopped')
    for (const id of [deaf, ...given.map(({ job }) => job!)])
      expect(await app.job(id)).toMatchObject({ state: 'queued', failures: 0, crashes: 0 })
    expect(given.some(({ kind }) => kind === 'render')).toBe(true)
  }, 60_000)

test('a second signal ends the server at once', async () => {
  using folder = temporaryFolder()
  const { child, client, deaf } = await stubborn(folder.path)
  await until(async () => (await client.json(`/api/jobs/${deaf}`)).job.state === 'running')
  child.kill('SIGTERM')
  await Bun.sleep(200)
  const asked = performance.now()
  child.kill('SIGTERM')
  expect(await child.exited).toBe(1)
  expect(performance.now() - asked).toBeLessThan(1_000)
  await using app = await testEngine({ folder: folder.path })
  expect(await app.job(deaf)).toMatchObject({ state: 'running' }) // not given back
  await takeOverLost(app.deps, { boot: 'the next' })
  expect(await app.job(deaf)).toMatchObject({ state: 'queued', crashes: 0 })
}, 60_000)

test('a server whose own end hangs is gone after 5 s all the same', async () => {
  using folder = temporaryFolder()
  const { child } = await stubborn(folder.path, 'hang')
  const asked = performance.now()
  child.kill('SIGTERM')
  expect(await child.exited).toBe(1)
  expect(performance.now() - asked).toBeLessThan(6_000)
}, 60_000)
