import { closeSync, openSync } from 'node:fs'
import { type Client, createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { DomainError } from '../errors.ts'
import type { Log } from '../log.ts'
import { explainStorage, isBusy } from './faults.ts'
import { migrate } from './migrate.ts'
import { remoteFetch } from './remote.ts'
import { openRemoteCommit } from './remote-commit.ts'
import { openWriter, type Tx, type Writer } from './writer.ts'

const CACHE_KIB = 16_384

/** What functions that read take: the read-only connection, or a transaction that wants to see its own writes. */
export type Reader = ReturnType<typeof drizzle> | Tx

export interface Database extends AsyncDisposable {
  /** A read-only connection (`query_only`): it sees what is committed. */
  read: Reader
  write: Writer['write']
  stats: Writer['stats']
  /** Writes a complete copy of the database to `path` (`VACUUM INTO`), beside running writes. */
  copyTo(path: string): Promise<void>
}

export interface OpenOptions {
  /** `file:/…/hearth.db`, or the URL of a libSQL server. */
  url: string
  token?: string | undefined
  /** Where a copy of the file is put before a migration. */
  backups: string
  now: () => number
  log: Log
  /** How long a libSQL server may take for one answer, ms, where it differs from the usual. */
  answerMs?: number
}

/** A read is asked a second time when its connection breaks: a server closes those that were idle when it likes. */
const READ_TRIES = 2
/** Waits of 25 s in all: a libSQL server keeps the lock of a transaction whose client it has lost for some seconds. */
const REMOTE_BUSY_TRIES = 10

/** The last connection of a process that ends closes the file alone: whoever comes in that moment waits for it. */
const OPEN_TRIES = 20
const OPEN_WAIT_MS = 100

/**
 * Opens the database and brings it to the newest migration. The caller has locked the data directory.
 * @throws DomainError `database_busy`, `database_damaged`, `data_read_only`, `migration_unknown`, `migration_changed`; of a libSQL server also
 * `database_unreachable`, `database_refused`
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  for (let tries = 1; ; tries++) {
    try {
      return await openOnce(options)
    } catch (error) {
      if (tries === OPEN_TRIES || !isBusy((error as Error).cause)) throw error
      await Bun.sleep(OPEN_WAIT_MS)
    }
  }
}

async function openOnce({ url, token, backups, now, log, answerMs }: OpenOptions): Promise<Database> {
  const local = url.startsWith('file:')
  const clients: Client[] = []
  const connect = (concurrency: number, tries = 1) => {
    const fetch = remoteFetch({ answerMs, tries })
    const client = createClient({ url, authToken: token, concurrency, intMode: 'number', fetch })
    clients.push(client)
    return client
  }
  try {
    if (local) makeForOwner(url.slice('file:'.length))
    const writing = connect(1)
    const prepare = (client: Client) => (local ? setPragmas(client) : Promise.resolve())
    await prepare(writing)
    await migrate({ client: writing, backups: local ? backups : undefined, now, log })
    const reading = connect(local ? 1 : 20, READ_TRIES)
    if (local) await setReadPragmas(reading)
    const remote = local ? {} : { busyTries: REMOTE_BUSY_TRIES, commit: await openRemoteCommit(writing) }
    const writer = openWriter({ client: writing, prepare, log, ...remote })
    return {
      read: drizzle(reading),
      write: writer.write,
      stats: writer.stats,
      copyTo: (path) => copy(connect(1), path),
      [Symbol.asyncDispose]: async () => {
        await writer.close()
        for (const client of clients) client.close()
      },
    }
  } catch (error) {
    for (const client of clients) client.close()
    throw explainStorage(error)
  }
}

/** On a connection of its own: SQLite takes VACUUM INTO for a write, and the writer may be busy. */
async function copy(client: Client, path: string): Promise<void> {
  try {
    await client.execute({ sql: 'VACUUM INTO ?', args: [path] })
  } catch (error) {
    throw explainStorage(error)
  } finally {
    client.close()
  }
}

/** SQLite would make a file that everybody may read; its log and index take their rights from it. */
function makeForOwner(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {
    // what stands in the way stands in SQLite's way too, and its error is explained
  }
}

async function setPragmas(client: Client): Promise<void> {
  await client.execute('PRAGMA journal_mode = WAL')
  await client.execute('PRAGMA synchronous = FULL')
  await client.execute('PRAGMA foreign_keys = ON')
  await client.execute(`PRAGMA cache_size = -${CACHE_KIB}`)
  await check(client, 'journal_mode', 'wal')
  await check(client, 'synchronous', 2)
  await check(client, 'foreign_keys', 1)
}

async function setReadPragmas(client: Client): Promise<void> {
  await client.execute('PRAGMA query_only = 1')
  await client.execute(`PRAGMA cache_size = -${CACHE_KIB}`)
  await check(client, 'query_only', 1)
}

async function check(client: Client, pragma: string, wanted: string | number): Promise<void> {
  const { rows } = await client.execute(`PRAGMA ${pragma}`)
  const got = rows[0]?.[0]
  if (got !== wanted)
    throw new DomainError(
      'database_setup_failed',
      `SQLite would not set ${pragma} to ${wanted} (it says ${got}). The file system may not support it.`,
    )
}
