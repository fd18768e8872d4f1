import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/database.ts'
import { WANTED_BYTES } from '../support/job-server.ts'
import { testEngine } from '../support/jobs.ts'
import { lines } from '../support/second-process.ts'

const SERVER = join(import.meta.dir, '../support/job-server.ts')

interface Said {
  type: string
  job?: string
  attempt?: number
  bytes?: number
}

/** A running server of jobs, read until it says what is waited for. */
function server(folder: string) {
  const child = Bun.spawn([process.execPath, SERVER, folder], { stdout: 'pipe', stderr: 'inherit' })
  const said = lines(child.stdout)
  const heard: Said[] = []
  return {
    heard,
    exited: child.exited,
    async hear(wanted: (line: Said) => boolean): Promise<Said> {
      for (;;) {
        const { value } = await said.next()
        if (value === undefined) throw new Error('the server ended first')
        const line = JSON.parse(value) as Said
        heard.push(line)
        if (wanted(line)) return line
      }
    },
    async kill() {
      child.kill('SIGKILL')
      await child.exited
    },
    [Symbol.asyncDispose]() {
      return this.kill()
    },
  }
}

async function queued(folder: string, kind: string, lane = 'write'): Promise<string> {
  await using app = await testEngine({ folder })
  app.handle(kind, async () => undefined, { lane })
  return (await app.enqueue(kind, { scope: 'p' })).id
}

const numbers = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8').trim().split('\n')

test('a job whose server is killed with SIGKILL goes on from its draft at the next start and ends once, complete', async () => {
  using folder = temporaryFolder()
  const id = await queued(folder.path, 'write')
  let told = 0
  for (const bytes of [1_000, 2_500]) {
    await using one = server(folder.path)
    told = (await one.hear((line) => line.type === 'progress' && line.bytes! >= bytes)).bytes!
    await one.kill()
  }
  {
    await using last = server(folder.path)
    await last.hear(({ type }) => type === 'job.succeeded')
  }

  await using app = await testEngine({ folder: folder.path })
  expect(await app.job(id)).toMatchObject({ state: 'succeeded', attempt: 3, result: { bytes: WANTED_BYTES } })
  expect((await app.attempts(id)).map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'succeeded'])
  expect(numbers(folder.path, 'steps')).toEqual([id]) // the step ran once
  const [first, second, third] = numbers(folder.path, 'resumed').map(Number)
  expect(first).toBe(0)
  expect(second).toBeGreaterThan(0)
  expect(third).toBeGreaterThan(second!)
  expect(third).toBeLessThanOrEqual(told + 500)

  const log = await app.lines(id)
  expect(log.filter(({ type }) => type === 'job.succeeded')).toHaveLength(1)
  expect(log.map(({ prevInJob }) => prevInJob)).toEqual([null, ...log.slice(0, -1).map(({ seq }) => seq)])
}, 60_000)

test('a job that takes the server down twice is held, and all else is worked', async () => {
  using folder = temporaryFolder()
  const fatal = await queued(folder.path, 'fatal', 'mixed')
  for (let i = 0; i < 2; i++) {
    await using doomed = server(folder.path)
    await doomed.exited
  }
  const good = await queued(folder.path, 'write')
  {
    await using last = server(folder.path)
    await last.hear(({ type, job }) => type === 'job.succeeded' && job === good)
  }
  await using app = await testEngine({ folder: folder.path })
  expect(await app.job(fatal)).toMatchObject({ state: 'held', attempt: 2, error: { code: 'crashed_server' } })
}, 60_000)

test('a job that takes the server down among others is found by itself: they run one at a time, and only it is held', async () => {
  using folder = temporaryFolder()
  const quiet = [await queued(folder.path, 'quiet', 'mixed'), await queued(folder.path, 'quiet', 'mixed')]
  const fatal = await queued(folder.path, 'fatal', 'mixed')
  quiet.push(await queued(folder.path, 'quiet', 'mixed'), await queued(folder.path, 'quiet', 'mixed'))
  for (let i = 0; i < 3; i++) {
    await using doomed = server(folder.path)
    await doomed.exited
  }
  const ended = new Set<string>()
  {
    await using last = server(folder.path)
    await last.hear(({ type, job }) => {
      if (type === 'job.succeeded') ended.add(job!)
      return ended.size === 2
    })
  }
  await using app = await testEngine({ folder: folder.path })
  expect(await app.job(fatal)).toMatchObject({ state: 'held', attempt: 3, error: { code: 'crashed_server' } })
  for (const id of quiet) expect((await app.job(id)).state).toBe('succeeded')
  expect(numbers(folder.path, 'together').map(Number)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 1, 1, 1])
}, 60_000)
