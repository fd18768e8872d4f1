import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { JobState } from '../../src/jobs/state.ts'
import { removeAttempts, sweepAttempts } from '../../src/studio/attempts.ts'
import { silent, temporaryFolder, testDatabase } from '../support/database.ts'

const ENDED = new Set<JobState>(['succeeded', 'failed', 'cancelled'])
const KEPT: JobState[] = ['queued', 'running', 'paused', 'held', 'failed', 'cancelled']

async function testSweep() {
  const folder = temporaryFolder()
  const db = await testDatabase()
  const deps = { read: db.read, attempts: join(folder.path, 'attempts'), log: silent }
  return {
    ...deps,
    attempt(job: string) {
      mkdirSync(join(deps.attempts, job, '1', 'ckpt'), { recursive: true })
      writeFileSync(join(deps.attempts, job, '1', 'ckpt', '000003.bin'), 'latents')
    },
    job: (id: string, state: JobState) =>
      db.write((tx) =>
        tx.run(sql`insert into jobs (id, kind, lane, state, run_at, created_at, ended_at, boot_id, lease_until, result, error)
          values (${id}, 'render', 'render', ${state}, 0, 0, ${ENDED.has(state) ? 1 : null},
            ${state === 'running' ? 'b' : null}, ${state === 'running' ? 1 : null}, '{}', '{}')`),
      ),
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

test('at boot no attempt stays whose job succeeded or is unknown; whatever may go on keeps its checkpoints', async () => {
  await using sweep = await testSweep()
  for (const state of [...KEPT, 'succeeded'] as JobState[]) {
    await sweep.job(state, state)
    sweep.attempt(state)
  }
  sweep.attempt('nobody')
  expect((await sweepAttempts(sweep)).sort()).toEqual(['nobody', 'succeeded'])
  expect(readdirSync(sweep.attempts).sort()).toEqual([...KEPT].sort())
  expect(existsSync(join(sweep.attempts, 'failed', '1', 'ckpt', '000003.bin'))).toBe(true)
})

test('more folders than one query asks about are all looked at', async () => {
  await using sweep = await testSweep()
  for (let i = 0; i < 1_100; i++) mkdirSync(join(sweep.attempts, `old-${i}`), { recursive: true })
  await sweep.job('old-7', 'paused')
  expect(await sweepAttempts(sweep)).toHaveLength(1_099)
  expect(readdirSync(sweep.attempts)).toEqual(['old-7'])
})

test('where nothing was ever rendered there is nothing to sweep', async () => {
  await using sweep = await testSweep()
  expect(await sweepAttempts(sweep)).toEqual([])
})

test('only the folder of the one job goes, and one that is gone already is no error', async () => {
  await using sweep = await testSweep()
  sweep.attempt('a')
  sweep.attempt('b')
  await removeAttempts(sweep, 'a')
  await removeAttempts(sweep, 'a')
  expect(readdirSync(sweep.attempts)).toEqual(['b'])
})
