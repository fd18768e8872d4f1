import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openBlobs } from '../../src/files/blobs.ts'
import { temporaryFolder } from '../support/database.ts'
import { lines } from '../support/second-process.ts'
import { chanceFrom } from './chance.ts'
import { type ContentsLife, named, openAt } from './contents-main.ts'

const LIVES = 4
/** Collections that must have removed something before it is killed. */
const MOST_COLLECTIONS = 5
/** How long it goes on after that. */
const MOST_MS = 30

test('whatever is killed while contents are put, named and collected, each named one can be read', async () => {
  using folder = temporaryFolder()
  const data = folder.path
  const chance = chanceFrom('contents')
  for (let seed = 0; seed < LIVES; seed++) {
    await liveAndDie({ data, seed }, chance.whole(1, MOST_COLLECTIONS), chance.whole(0, MOST_MS))
    await using db = await openAt(data)
    const blobs = openBlobs({ db, folder: join(data, 'blobs'), now: Date.now })
    const rows = await db.read.all<{ path: string; hash: string }>(sql`select path, hash from named order by path`)
    expect(rows.length).toBeGreaterThan(0)
    for (const { path, hash } of rows) expect([path, await blobs.verify(hash)]).toEqual([path, 'good'])
    if (seed < LIVES - 1) continue

    const signal = new AbortController().signal
    await blobs.collect({ names: [named], before: Number.MAX_SAFE_INTEGER, signal })
    for (const { path, hash } of rows) expect([path, await blobs.verify(hash)]).toEqual([path, 'good'])
    const [left] = await db.read.all<{ texts: number }>(sql`
      select count(*) as texts from texts where lower(hex(hash)) not in (select hash from named)
        and id not in (select base from texts where base is not null)`)
    expect(left!.texts).toBe(0)
  }
}, 60_000)

/** Lives until so many collections have removed something, then a moment longer, and is killed. */
async function liveAndDie(life: ContentsLife, collections: number, ms: number): Promise<void> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'contents-main.ts'), JSON.stringify(life)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let removed = 0
  for await (const line of lines(child.stdout)) {
    if (line.startsWith('removed')) removed++
    if (removed < collections) continue
    await Bun.sleep(ms)
    child.kill('SIGKILL')
    break
  }
  await child.exited
  expect(removed).toBe(collections)
}
