import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import type { App } from '../../src/app.ts'
import { changes, operations } from '../../src/changes/tables.ts'
import { writeFile } from '../../src/workspace/files.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { stoppedClock } from '../support/clock.ts'

const DAY = 24 * 3_600_000
const ABSENT = 'a'.repeat(64)

async function collected(app: TestApp) {
  const { job } = (await (await app.post('/api/schedules/collection/runs')).json()) as { job: { id: string } }
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  await reading.until(({ type }) => /succeeded|failed/.test(type), 'its end')
  return (await app.json(`/api/jobs/${job.id}`)).job
}

test('a project that was made keeps all that it has become, and what nobody names goes', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock })
  const { project } = await app.make('a command line program that renames photos')
  expect(await app.settled(project.id)).toBe('done')
  const { blobs, db } = app.app
  const orphan = await blobs.put('nobody wants this')
  const write = (path: string, text: string, like?: string) =>
    blobs
      .put(text, { like })
      .then((blob) => db.write((tx) => writeFile(app.app, tx, { project: project.id, path, blob, by: 'system' })))
  await write('a.md', 'first')
  await write('a.md', 'second')
  const named = await db.read.all<{ hash: string }>(sql`select hash from file_versions`)
  clock.pass(10 * DAY)

  expect((await collected(app)).result).toEqual({
    removed: 1,
    bytes: expect.any(Number),
    taken: 0,
    says: expect.stringMatching(/^Removed 1 content that nothing names \(\d+ bytes\)$/),
  })
  expect(await blobs.verify(orphan.hash)).toBe('missing')
  expect(named.length).toBeGreaterThan(6)
  for (const { hash } of named) expect(await blobs.verify(hash)).toBe('good')
})

async function changed(db: App['db'], id: string, states: { before: unknown; after: unknown }): Promise<void> {
  await db.write(async (tx) => {
    await tx.insert(changes).values({ id, scope: 'p1', by: 'system', reason: '', at: 1 })
    const what = { change: id, scope: 'p1', entity: 'file', entityId: id, kind: 'update' as const }
    await tx.insert(operations).values({ ...what, baseVersion: 1, version: 2, ...states })
  })
}

/** What names a hash though no version of a file does. */
const NAMERS: Record<string, (db: App['db'], hash: string, id: string) => Promise<unknown>> = {
  'the state before a change': (db, hash, id) => changed(db, id, { before: { hash, bytes: 1 }, after: null }),
  'the state after a change': (db, hash, id) => changed(db, id, { before: null, after: { hash, bytes: 1 } }),
  'a step of a job that failed and may be tried again': (db, hash, id) =>
    db.write(async (tx) => {
      await tx.run(sql`insert into jobs (id, kind, lane, state, error, run_at, created_at, ended_at)
        values (${id}, 'nothing', 'nothing', 'failed', '{}', 1, 1, 1)`)
      await tx.run(sql`insert into checkpoints (job_id, name, attempt, value, at)
        values (${id}, 'file', 1, ${JSON.stringify({ blob: { hash, bytes: 1 } })}, 1)`)
    }),
  'the input of a job that waits': (db, hash, id) =>
    db.write((tx) =>
      tx.run(sql`insert into jobs (id, kind, lane, state, input, run_at, created_at)
        values (${id}, 'nothing', 'nothing', 'paused', ${JSON.stringify({ hash })}, 1, 1)`),
    ),
  'a draft of a job': (db, hash, id) =>
    db.write(async (tx) => {
      await tx.run(sql`insert into jobs (id, kind, lane, state, run_at, created_at)
        values (${id}, 'nothing', 'nothing', 'held', 1, 1)`)
      await tx.run(sql`insert into drafts (job_id, attempt, phase, data, at)
        values (${id}, 1, 'x', ${JSON.stringify({ hash })}, 1)`)
    }),
  'a question to a person': (db, hash, id) =>
    db.write(async (tx) => {
      await tx.run(sql`insert into projects (id, title, brief, model, tier, seed, created_by, created_at, updated_at)
        values (${id}, 'x', 'x', 'demo', 'low', 1, 'system', 1, 1)`)
      await tx.run(sql`insert into conversations (id, project_id, created_at) values (${id}, ${id}, 1)`)
      await tx.run(sql`insert into messages (id, conversation_id, role, state, text, author, at)
        values (${id}, ${id}, 'person', 'taken', 'x', 'system', 1)`)
      await tx.run(sql`insert into tool_calls (id, message_id, position, call, name, input, state, question, at)
        values (${id}, ${id}, 0, 'x', 'edit_file', '{}', 'asking', ${JSON.stringify({ base: `3 ${hash}` })}, 1)`)
    }),
}

test('whatever a job, a change or a question names stays', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock })
  const { blobs, db } = app.app
  const put: [string, string][] = []
  for (const [name, insert] of Object.entries(NAMERS)) {
    const { hash } = await blobs.put(name)
    await insert(db, hash, `id${put.length}`)
    put.push([name, hash])
  }
  const other = await blobs.put('named by nobody')
  clock.pass(2 * DAY)
  expect((await collected(app)).result).toMatchObject({ removed: 1 })
  for (const [name, hash] of put) expect([name, await blobs.verify(hash)]).toEqual([name, 'good'])
  expect(await blobs.verify(other.hash)).toBe('missing')
})

test('a table that nobody has thought of is gone through, to its end', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock })
  const { blobs, db } = app.app
  const put = await Promise.all(['one', 'two', 'three'].map(async (text) => (await blobs.put(text)).hash))
  await db.write(async (tx) => {
    await tx.run(sql`create table thoughts (who text, at integer, note text, primary key (who, at)) without rowid`)
    await tx.run(sql`create table "odd one" (at integer, note any) strict`)
    const notes = Array.from({ length: 450 }, (_, at) => ({
      who: `who${at % 3}`,
      at,
      note: at === 440 ? put[0]! : 'x',
    }))
    await tx.run(sql`insert into thoughts select value ->> 'who', value ->> 'at', value ->> 'note'
      from json_each(${JSON.stringify(notes)})`)
    await tx.run(
      sql`insert into "odd one" select value ->> 'at', value ->> 'note' from json_each(${JSON.stringify(notes)})`,
    )
    await tx.run(sql`update "odd one" set note = ${JSON.stringify({ deep: put[1] })} where at = 0`)
    await tx.run(sql`update "odd one" set note = null where at = 1`)
  })
  clock.pass(2 * DAY)
  expect((await collected(app)).result).toMatchObject({ removed: 1 })
  expect(await Promise.all(put.map(blobs.verify))).toEqual(['good', 'good', 'missing'])
})

test('a clock that somebody sets ahead makes nothing older', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock })
  const { hash } = await app.app.blobs.put('about to be named')
  clock.set(400 * DAY)
  expect((await collected(app)).result).toMatchObject({ removed: 0 })
  clock.set(-400 * DAY)
  clock.pass(DAY + 1)
  expect((await collected(app)).result).toMatchObject({ removed: 1 })
  expect(await app.app.blobs.verify(hash)).toBe('missing')
})

test('a hash that names nothing is no trouble', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock })
  await NAMERS['the input of a job that waits']!(app.app.db, ABSENT, 'j1')
  clock.pass(2 * DAY)
  expect((await collected(app)).result).toMatchObject({ removed: 0 })
})
