import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { amend } from '../db/amend.ts'
import { lockDataDirectory } from '../db/lock.ts'
import { lookAt } from '../db/look.ts'
import { Conflict, Invalid } from '../errors.ts'
import { leap } from '../events/leap.ts'
import { hashesIn } from './backup.ts'
import { DATABASE, KEY, type Manifest } from './manifest.ts'
import { unreadable } from './tar.ts'
import { type Unpacked, unpack } from './unpack.ts'

/** What a restore that was cut short leaves; the next one takes it away. */
const UNFINISHED = 'restore-'

export interface RestoreDeps {
  /** The data directory. */
  data: string
  databaseUrl: string
  now: () => number
}

export interface Restored {
  manifest: Manifest
  /** Where the database that was there before has been put; null when there was none. */
  aside: string | null
}

/**
 * Puts a backup into a data directory that no server owns. All of it is unpacked and verified beside before anything that
 * is there is touched; the database comes last, in one rename, so that a crash leaves the old state or the new one.
 * @throws Conflict `data_directory_in_use`, `data_directory_occupied`; Invalid `backup_not_found`;
 * DomainError `backup_unreadable`, `database_damaged`, `migration_unknown`, `migration_changed`, `disk_full`
 */
export async function restoreBackup(deps: RestoreDeps, path: string, { force }: { force: boolean }): Promise<Restored> {
  const { data } = deps
  if (!existsSync(path)) throw new Invalid('backup_not_found', `There is no file ${path}. Check its name.`)
  using _lock = lockDataDirectory(data)
  refuseOtherPlace(deps)
  const occupied = existsSync(join(data, DATABASE))
  if (occupied && !force) throw occupiedError(data)
  for (const name of readdirSync(data)) if (name.startsWith(UNFINISHED)) rmSync(join(data, name), { recursive: true })
  const folder = join(data, `${UNFINISHED}${deps.now()}`)
  try {
    const unpacked = await unpack(path, folder)
    await verifyDatabase(folder, unpacked)
    await amend(join(folder, DATABASE), (tx) => leap(tx, deps.now())) // readers of the log that it replaces shall notice
    placeBlobs(data, folder, unpacked.blobs)
    const aside = occupied ? putAside(data, deps.now()) : null
    placeKey(data, folder, unpacked.manifest, aside)
    renameSync(join(folder, DATABASE), join(data, DATABASE))
    flushNames(data)
    return { manifest: unpacked.manifest, aside }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function refuseOtherPlace({ data, databaseUrl }: RestoreDeps): void {
  if (databaseUrl === `file:${join(data, DATABASE)}`) return
  throw new Conflict(
    'restore_elsewhere',
    `HEARTH_DATABASE_URL names another place than ${data}. Unset it, restore, then move the database yourself.`,
  )
}

/** Whole, of a version that this one knows, and with all the blobs that it refers to. */
async function verifyDatabase(folder: string, { manifest, blobs }: Unpacked): Promise<void> {
  using look = await lookAt(join(folder, DATABASE))
  await look.check()
  const known = new Set(manifest.missing)
  for await (const hash of hashesIn(look.read))
    if (!blobs.has(hash) && !known.has(hash)) throw unreadable('its database refers to files that it does not hold')
}

/** Beside those that are there: they are named by what they hold, so that no one is replaced by another. */
function placeBlobs(data: string, folder: string, blobs: Set<string>): void {
  const shelves = new Set<string>()
  for (const hash of blobs) {
    const shelf = join(data, 'blobs', hash.slice(0, 2))
    if (!shelves.has(shelf)) mkdirSync(shelf, { recursive: true, mode: 0o700 })
    shelves.add(shelf)
    renameSync(join(folder, 'blobs', hash), join(shelf, hash))
  }
  for (const shelf of shelves) flushNames(shelf)
}

/** The old log must be gone before the new database has its name: SQLite would play it into that. */
function putAside(data: string, at: number): string {
  const aside = join(data, `before-restore-${at}`)
  mkdirSync(aside, { mode: 0o700 })
  linkSync(join(data, DATABASE), join(aside, DATABASE))
  for (const end of ['-wal', '-shm'])
    if (existsSync(join(data, DATABASE + end))) renameSync(join(data, DATABASE + end), join(aside, DATABASE + end))
  flushNames(aside)
  flushNames(data)
  return aside
}

function placeKey(data: string, folder: string, { key }: Manifest, aside: string | null): void {
  if (key === null) return
  if (aside && existsSync(join(data, KEY))) linkSync(join(data, KEY), join(aside, KEY))
  renameSync(join(folder, KEY), join(data, KEY))
}

function flushNames(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

function occupiedError(data: string): Conflict {
  return new Conflict(
    'data_directory_occupied',
    `${data} holds a database already. Restore into another HEARTH_DATA, or add --force to put the present one aside.`,
    { context: { data } },
  )
}
