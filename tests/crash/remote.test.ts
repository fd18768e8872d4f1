import { afterAll, expect, test } from 'bun:test'
import { readServer } from '../../src/accounts/local.ts'
import { openClient, type WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'
import { type LibsqlServer, libsqlServer } from '../support/libsql.ts'
import type { Manner } from '../support/libsql-server.ts'
import { dataDirectory, startServer } from '../support/server.ts'
import { violations } from './history.ts'
import { keptIn } from './kept.ts'
import { scenario } from './scenario.ts'

const BRIEF = 'a landing page for a bakery called Crumb with one picture'
const AWAY_MS = 2_500
/** Requests that meet a fault, of each manner; all of them take half an hour (`CRASH_REMOTE=1000`). */
const FAULTS = Number(process.env.CRASH_REMOTE ?? 3)

const ran: string[] = []
afterAll(() => console.log(ran.join('\n')))

test('a libSQL server that goes away and comes back: all is refused in words meanwhile, streams beat on, and the work goes on by itself', async () => {
  await using remote = await libsqlServer()
  using directory = dataDirectory()
  const data = directory.path
  const env = { HEARTH_DATABASE_URL: remote.url, HEARTH_DEMO_BYTES_PER_SECOND: '12000', HEARTH_LOG: 'silent' }
  await using server = await startServer({ data, env })
  const { url, secret } = readServer(data)!
  const client = openClient(url, secret)
  const made = await client.post('/api/projects', { brief: BRIEF, tier: 'low' })
  const { project, job } = (await made.json()) as { project: { id: string }; job: { id: string } }
  const reading = await client.follow(`/api/projects/${project.id}/events`)
  await reading.until((line) => line.type === 'progress' && line.kind === 'write', 'a file begun')

  await remote.kill()
  const gone = reading.lines.length
  for (const ask of [() => client.post('/api/projects', { brief: BRIEF }), () => client.request('/api/projects')])
    await expectRefused(await ask())
  expect((await client.request('/health/ready')).status).toBe(503)
  await Bun.sleep(AWAY_MS)
  const meanwhile = reading.lines.slice(gone)
  expect(meanwhile.filter(({ type }) => type === 'heartbeat').length).toBeGreaterThan(1)
  expect(meanwhile.filter(({ seq }) => seq !== undefined)).toEqual([]) // nothing is told that is not kept
  await remote.start()

  await reading.until(({ type }) => type === 'end', 'its end')
  expect((await client.json(`/api/projects/${project.id}`)).project.status).toBe('done')
  expect(await server.stop()).toBe(0)
  await remote.kill()
  const kept = await keptIn(data, remote.file)
  const told = new Map([[project.id, reading.durable()]])
  expect(violations({ acknowledged: [{ project: project.id, job: job.id }], told, kept, over: true })).toEqual([])
  expect(kept.jobs.filter(({ state }) => state !== 'succeeded')).toEqual([])
}, 60_000)

test.each<Manner>(['cut before', 'cut after'])(
  'whichever request to a libSQL server meets “%s”, nothing acknowledged is lost, nothing is double, and the work ends by itself',
  async (manner) => {
    const { requests, commits } = await faulty(() => {})
    expect(commits.length).toBeGreaterThan(30)
    const all = Array.from({ length: requests }, (_, i) => i + 1)
    let refused = 0
    for (const nth of spread(manner === 'cut after' ? commits : all, FAULTS)) {
      const outcome = await faulty((remote) => remote.troubleAt(manner, nth)).catch((cause) => {
        throw new Error(`request ${nth} of ${requests} meets “${manner}”: ${cause.message}`, { cause })
      })
      expect(outcome.retried).toBe(false)
      if (outcome.refused) refused++
    }
    ran.push(`${manner}: ${FAULTS} of ${requests} requests; ${refused} submits refused`)
  },
  Math.max(120_000, FAULTS * 10_000),
)

async function faulty(begin: (remote: LibsqlServer) => unknown) {
  await using remote = await libsqlServer({ streamLivesMs: 1_000 })
  using folder = temporaryFolder()
  const settings = { HEARTH_DATABASE_URL: remote.url }
  const outcome = await scenario({
    data: folder.path,
    settings,
    database: remote.file,
    async begin() {
      await begin(remote)
      return undefined
    },
  })
  return { ...outcome, ...(await remote.report()) }
}

/** So many of them, from the first third to the last, each time the same. */
function spread(numbers: number[], many: number): number[] {
  const each = Math.max(1, numbers.length / many)
  return numbers.filter((_, i) => Math.floor(i / each) !== Math.floor((i - 1) / each)).slice(0, many)
}

async function expectRefused(response: Response): Promise<void> {
  expect(response.status).toBe(503)
  const problem = (await response.json()) as WireLine
  expect(problem).toMatchObject({ code: 'database_unreachable', retryable: true })
  expect(problem.detail).toMatch(/^The database server is not reachable\. .+\.$/)
}
