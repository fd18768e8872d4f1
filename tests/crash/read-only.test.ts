import { expect, test } from 'bun:test'
import type { Client, WireLine } from '../support/client.ts'
import { clockedServer, type Watched } from '../support/clocked.ts'
import { hearth } from '../support/command.ts'
import { canForbidWrites, canMountReadOnly, forbidWrites, mountReadOnly } from '../support/read-only.ts'
import { dataDirectory, startServer } from '../support/server.ts'
import { violations } from './history.ts'
import { keptIn } from './kept.ts'
import { workingOn } from './unharmed.ts'
import { endAll, openWorld } from './world.ts'

const FORBIDDEN_MS = 2_500
/** SQLite's index of the log lies in memory that the kernel shares: who may not write to it any more is ended with SIGBUS. */
const INDEX = 'hearth.db-shm'

test.skipIf(!canMountReadOnly())(
  'a data directory that can’t be written to, new or old, is refused in words at the start',
  async () => {
    using directory = dataDirectory()
    const refusal = `The data directory ${directory.path} can’t be written to. Check its path and rights, or set HEARTH_DATA.\n`
    for (const isOld of [false, true]) {
      if (isOld) await (await startServer({ data: directory.path })).stop()
      using _readOnly = mountReadOnly(directory.path)
      const { code, out, errors } = await hearth(['serve'], directory.path)
      expect([code, out, errors]).toEqual([1, '', refusal])
      const doctor = await hearth(['doctor'], directory.path)
      expect(doctor.code).toBe(1)
      expect(doctor.out).toMatch(/bad {3}data directory +.+can’t be written/)
    }
    await using _server = await startServer({ data: directory.path })
  },
  20_000,
)

test.skipIf(!canForbidWrites())(
  'a data directory that can’t be written to any more refuses in words, holds what it can’t keep, and is used again without a restart',
  async () => {
    await using one = await clockedServer()
    const watched = await one.begin()
    const { project, job, reading } = watched
    await workingOn(watched)
    {
      using _forbidden = forbidWrites(one.data, INDEX)
      const before = reading.lines.length
      const refused = await one.client.post('/api/projects', { brief: 'another' })
      expect(refused.status).toBe(503)
      expect(await refused.json()).toMatchObject({
        code: expect.stringMatching(/^(disk_failed|data_read_only)$/),
        detail: expect.stringMatching(/try again\.$/),
      })
      expect((await one.client.json('/api/projects')).items).toHaveLength(1)
      await Bun.sleep(FORBIDDEN_MS)
      const meanwhile = reading.lines.slice(before)
      expect(meanwhile.filter(({ type }) => type === 'heartbeat').length).toBeGreaterThan(1)
      expect(meanwhile.filter(({ seq }) => seq !== undefined)).toEqual([]) // nothing is told that is not kept
    }
    const told = [...(await untilDone(one.client, watched))]
    expect(await one.server.stop()).toBe(0)
    const kept = await keptIn(one.data)
    const history = { acknowledged: [{ project, job }], told: new Map([[project, told]]), kept, over: true }
    expect(violations(history)).toEqual([])
    expect(kept.jobs.filter(({ state }) => state !== 'succeeded')).toEqual([])
    const codes = kept.attempts.flatMap(({ error }) => error?.code ?? [])
    expect(codes.length).toBeGreaterThan(0)
    expect(codes.filter((code) => !/^(data_read_only|disk_failed|disk_unwritable)$/.test(code))).toEqual([])
  },
  40_000,
)

test.skipIf(!canForbidWrites())(
  'a server that may not even write to the index any more may end by a signal: at the next start all that it acknowledged is there',
  async () => {
    using world = openWorld()
    const life = { seed: 'read-only', faults: false, ms: 1_500, both: false }
    await world.start(life)
    await world.submit('a small thing')
    {
      using _forbidden = forbidWrites(world.data)
      await world.death(life)
    }
    expect(violations(await world.history(false))).toEqual([])
    await endAll(world)
    expect(violations(await world.history(true))).toEqual([])
  },
  30_000,
)

/** Retries what is held, as a person would, and reads on until all is done. Returns all durable lines. */
async function untilDone(client: Client, { project, reading }: Watched): Promise<WireLine[]> {
  await reading.until(({ type }) => type === 'end', 'the end')
  const lines = reading.durable()
  while ((await client.json(`/api/projects/${project}`)).project.status !== 'done') {
    expect((await client.post(`/api/projects/${project}/retry`)).status).toBeLessThan(300)
    const more = await client.follow(`/api/projects/${project}/events?after=${lines.at(-1)!.seq}`)
    await more.until(({ type }) => type === 'end', 'the end')
    lines.push(...more.durable())
  }
  return lines
}
