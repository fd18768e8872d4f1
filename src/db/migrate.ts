import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@libsql/client'
import { listFiles, readText } from '../assets.ts'
import { DomainError } from '../errors.ts'
import type { Log } from '../log.ts'

export interface Migration {
  /** The number that its file name starts with. */
  id: number
  name: string
  sql: string
}

interface Applied {
  id: number
  name: string
  checksum: string
}

export interface MigrateDeps {
  client: Client
  /** Folder for the copy made before a migration; undefined for a server's database. */
  backups: string | undefined
  now: () => number
  log: Log
  migrations?: Migration[]
}

/**
 * Applies what is missing, each migration in one transaction with its row, after a copy of the file was made.
 * @throws DomainError `migration_changed` or `migration_unknown`: the file was written by another version of Hearth.
 */
export async function migrate({
  client,
  backups,
  now,
  log,
  migrations = shippedMigrations(),
}: MigrateDeps): Promise<void> {
  await client.execute(`CREATE TABLE IF NOT EXISTS migrations (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`)
  const applied = await refuseStrangers(client, migrations)
  const missing = migrations.filter(({ id }) => !applied.some((row) => row.id === id))
  if (missing.length === 0) return
  if (applied.length > 0 && backups) await copyBefore(client, backups, missing[0]!, now)
  for (const migration of missing) {
    await apply(client, migration, now)
    log[applied.length > 0 ? 'info' : 'debug']('migration applied', { migration: migration.name })
  }
}

/**
 * The migrations that the database has been through; all of them known to this build.
 * @throws DomainError `migration_changed` or `migration_unknown`
 */
export async function refuseStrangers(client: Client, migrations = shippedMigrations()): Promise<Applied[]> {
  const { rows } = await client.execute('SELECT id, name, checksum FROM migrations ORDER BY id')
  const applied = rows as unknown as Applied[]
  for (const row of applied) refuseStranger(row, migrations)
  return applied
}

/** The migrations of this build, in order. */
export function shippedMigrations(): Migration[] {
  return listFiles('migrations')
    .filter((path) => path.endsWith('.sql'))
    .map((path) => ({
      id: Number.parseInt(path.split('/').at(-1)!, 10),
      name: path.split('/').at(-1)!.replace('.sql', ''),
      sql: readText(path),
    }))
    .sort((a, b) => a.id - b.id)
}

function refuseStranger(row: Applied, migrations: Migration[]): void {
  const known = migrations.find(({ id }) => id === row.id)
  if (!known)
    throw new DomainError(
      'migration_unknown',
      `The database has been through migration “${row.name}”, which this version of Hearth doesn’t know. Start the newer version, or restore a backup.`,
      { severity: 'critical' },
    )
  if (checksum(known.sql) !== row.checksum)
    throw new DomainError(
      'migration_changed',
      `Migration “${row.name}” is not the one that this database has been through. Install an unchanged Hearth, or restore a backup.`,
      { severity: 'critical' },
    )
}

async function copyBefore(client: Client, backups: string, next: Migration, now: () => number): Promise<void> {
  mkdirSync(backups, { recursive: true, mode: 0o700 })
  removeCutShort(backups)
  const path = join(backups, `before-${next.name}-${now()}.db`)
  const partial = `${path}.partial` // a copy that was cut short must not look like a backup
  try {
    await client.execute({ sql: 'VACUUM INTO ?', args: [partial] })
    renameSync(partial, path)
  } finally {
    rmSync(partial, { force: true })
  }
}

/** Copies that a killed start has left: nobody else makes any, since one process owns the data directory. */
function removeCutShort(backups: string): void {
  for (const name of readdirSync(backups))
    if (/^before-.*\.partial$/.test(name)) rmSync(join(backups, name), { force: true })
}

async function apply(client: Client, { id, name, sql }: Migration, now: () => number): Promise<void> {
  const tx = await client.transaction('write')
  try {
    await tx.executeMultiple(sql)
    await tx.execute({ sql: 'INSERT INTO migrations VALUES (?, ?, ?, ?)', args: [id, name, checksum(sql), now()] })
    await tx.commit()
  } finally {
    tx.close()
  }
}

function checksum(sql: string): string {
  return new Bun.CryptoHasher('sha256').update(sql).digest('hex')
}
