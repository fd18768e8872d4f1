// Puts contents, names them, forgets them again and collects, all at once and without end: to be killed at any moment. Time is
// counted in steps of two hours, so that nothing is too fresh to be dated again, and a collection takes all that no one is about to name.
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openDatabase } from '../../src/db/open.ts'
import type { Names } from '../../src/files/blobs/names.ts'
import { openBlobs } from '../../src/files/blobs.ts'
import { openLog } from '../../src/log.ts'
import { chanceFrom } from './chance.ts'

export interface ContentsLife {
  data: string
  seed: number
}

const STEP_MS = 2 * 3_600_000
const LIFE_MS = 1e11
const WRITERS = 4
const PATHS = 12
const LINES = Array.from({ length: 120 }, (_, i) => `  const line${i} = made(${(i * 7_919) % 1_000})\n`)

export const named: Names = {
  async among(read, hashes) {
    const rows = await read.all<{ hash: string }>(sql`
      select hash from named where hash in (select value from json_each(${JSON.stringify(hashes)}))`)
    return rows.map(({ hash }) => hash)
  },
}

export const openAt = async (data: string) =>
  openDatabase({
    url: `file:${join(data, 'hearth.db')}`,
    backups: join(data, 'backups'),
    now: Date.now,
    log: openLog('silent'),
  })

if (import.meta.main) await live(JSON.parse(process.argv[2]!))

async function live({ data, seed }: ContentsLife): Promise<void> {
  const chance = chanceFrom(seed)
  const db = await openAt(data)
  await db.write((tx) =>
    tx.run(sql`create table if not exists named (path text primary key, hash text not null) strict`),
  )
  let at = (seed + 1) * LIFE_MS
  const underWay = new Set<number>()
  const blobs = openBlobs({ db, folder: join(data, 'blobs'), now: () => at })
  console.log('Ready')

  async function write(): Promise<void> {
    at += STEP_MS
    const began = at
    underWay.add(began)
    const path = `file${chance.whole(1, PATHS)}`
    const [last] = await db.read.all<{ hash: string }>(sql`select hash from named where path = ${path}`)
    const text = contentOf(chance.whole(0, 40))
    const name = (hash: string) =>
      sql`insert into named values (${path}, ${hash}) on conflict (path) do update set hash = excluded.hash`
    if (chance.often(0.3))
      await db.write(async (tx) => tx.run(name((await blobs.putIn(tx, text, { like: last?.hash })).hash)))
    else {
      const { hash } = await blobs.put(chance.often(0.3) ? Buffer.from(`${text}\0`) : text, { like: last?.hash })
      await db.write((tx) => tx.run(name(hash)))
    }
    underWay.delete(began)
  }

  async function collect(): Promise<void> {
    const before = Math.min(at, ...underWay)
    const { removed } = await blobs.collect({ names: [named], before, signal: new AbortController().signal })
    if (removed > 0) console.log(`removed ${removed}`)
  }

  const forEver = async (work: () => Promise<void>) => {
    for (;;) {
      await work()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all([forEver(collect), ...Array.from({ length: WRITERS }, () => forEver(write))])
}

function contentOf(nth: number): string {
  return LINES.toSpliced(nth * 2, 1, `  changed(${nth})\n`).join('')
}
