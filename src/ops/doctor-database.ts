import { constants, existsSync, mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { lockDataDirectory } from '../db/lock.ts'
import { shippedMigrations } from '../db/migrate.ts'
import { type Database, openDatabase, type Reader } from '../db/open.ts'
import { openLog } from '../log.ts'
import { bytes, plural } from '../web/format.ts'
import type { DoctorDeps } from './doctor.ts'
import { bad, type Finding, ok, warn } from './finding.ts'

const NAME = 'database'
/** The check reads the whole file and holds up a running server meanwhile: about a second for this much. */
const CHECKED_WHILE_RUNNING_BYTES = 256 * 1024 ** 2

/** Whether the database is whole, how large it is, and which migrations are still to come. */
export async function examineDatabase(deps: DoctorDeps): Promise<Finding[]> {
  const { databaseUrl } = deps.config
  if (!databaseUrl.startsWith('file:')) return [await examineServer(deps)]
  const path = databaseUrl.slice('file:'.length)
  if (!existsSync(path)) return [ok(NAME, 'none yet; it is made at the first start')]
  if (deps.db) return [await examineOpen(deps.db, path)]
  if (deps.serving) return [ok(NAME, `${path}, ${bytes(sizeOf(path))}; the running server holds it`)]
  return [await examineCopy(deps, path)]
}

async function examineServer({ db }: DoctorDeps): Promise<Finding> {
  if (!db) return ok(NAME, 'on a libSQL server; start Hearth to see whether it answers')
  await db.read.run(sql`select 1`)
  return ok(NAME, 'on a libSQL server, which answers')
}

async function examineOpen(db: Database, path: string): Promise<Finding> {
  const size = sizeOf(path)
  const what = `${path}, ${bytes(size)}, ${newestMigration()}`
  if (size > CHECKED_WHILE_RUNNING_BYTES) return ok(NAME, `${what}; stop the server to have all of it checked`)
  return verdict(await quickCheck(db.read), what)
}

/** With no server running: a copy is opened, since opening the file itself would migrate it. */
async function examineCopy({ config: { data }, now }: DoctorDeps, path: string): Promise<Finding> {
  using _lock = lockDataDirectory(data)
  const size = sizeOf(path)
  const { bavail, bsize } = statfsSync(data)
  if (bavail * bsize < size * 2)
    return warn(NAME, `${path}, ${bytes(size)}: too little free space to check a copy of it`)
  const folder = mkdtempSync(join(data, 'doctor-'))
  try {
    for (const end of ['', '-wal']) await copyIfThere(`${path}${end}`, join(folder, `copy.db${end}`))
    return await examineFile(join(folder, 'copy.db'), `${path}, ${bytes(size)}`, now())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function examineFile(copy: string, what: string, startedAt: number): Promise<Finding> {
  const log = openLog('silent')
  const backups = join(copy, '..', 'backups')
  await using db = await openDatabase({ url: `file:${copy}`, backups, now: () => startedAt, log })
  const [row] = await db.read.all<{ many: number }>(
    sql`select count(*) as many from migrations where applied_at >= ${startedAt}`,
  )
  const ahead = row!.many === 0 ? newestMigration() : `${plural(row!.many, 'migration')} to apply at the next start`
  return verdict(await quickCheck(db.read), `${what}, ${ahead}`)
}

async function quickCheck(read: Reader): Promise<string> {
  const [row] = await read.all<{ quick_check: string }>(sql`pragma quick_check(1)`)
  return row!.quick_check
}

function verdict(check: string, what: string): Finding {
  if (check === 'ok') return ok(NAME, `${what}; checked and whole`)
  const first = check.split('\n').find((line) => !line.startsWith('***')) // the line before it only names the database
  return bad(NAME, `${what} is damaged: ${first}. Stop Hearth and restore the last backup.`)
}

async function copyIfThere(from: string, to: string): Promise<void> {
  if (existsSync(from)) await copyFile(from, to, constants.COPYFILE_FICLONE)
}

/** What has been written lately still lies in the write-ahead log. */
function sizeOf(path: string): number {
  const parts = [path, `${path}-wal`].filter((part) => existsSync(part))
  return parts.reduce((size, part) => size + statSync(part).size, 0)
}

function newestMigration(): string {
  return `at migration ${shippedMigrations().at(-1)!.name}`
}
