import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readServer } from '../accounts/local.ts'
import { Conflict } from '../errors.ts'
import { openBlobs } from '../files/blobs.ts'
import { backupOf, databaseFile } from '../ops/backup.ts'
import type { Manifest } from '../ops/manifest.ts'
import { saveBackup } from '../ops/save-backup.ts'
import { bytes, plural } from '../web/format.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { askFor, reach } from './reach.ts'

const HOW = 'usage: hearth backup FILE [--include-key] [--force]'

interface Asked {
  file: string
  includeKey: boolean
  force: boolean
}

/** `hearth backup FILE`: all that a server holds, in one tar file; 1 when files had been lost before. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    if (!asked.force && existsSync(asked.file)) throw taken(asked.file)
    return report(io, asked.file, await make(io, asked))
  })
}

async function make({ config }: Cli, { file, includeKey }: Asked): Promise<Manifest> {
  if (!readServer(config.data) && !existsSync(databaseFile(config.databaseUrl))) throw nothingThere(config.data)
  return reach(config, {
    server: (facts) => {
      const body = JSON.stringify({ includeKey })
      return saveBackup(file, async () => (await askFor(facts, '/api/backups', { method: 'POST', body })).body!)
    },
    database: (deps) => {
      const blobs = openBlobs({ ...deps, folder: join(config.data, 'blobs') })
      return saveBackup(file, () => backupOf({ ...deps, blobs, data: config.data }, { includeKey }))
    },
  })
}

function report(io: Cli, file: string, { counts, blobs, database, missing }: Manifest): number {
  const size = bytes(blobs.bytes + database.bytes)
  io.out(`Backed up ${plural(counts.projects, 'project')} with ${plural(counts.files, 'file')} (${size}) to ${file}.`)
  if (missing.length === 0) return 0
  io.err(
    `${plural(missing.length, 'file version')} could not be saved: gone or damaged on the disk. All else is there.`,
  )
  return 1
}

function taken(file: string): Conflict {
  return new Conflict('backup_exists', `${file} is there already. Choose another name, or add --force to replace it.`)
}

function nothingThere(data: string): Conflict {
  return new Conflict(
    'nothing_to_back_up',
    `There is no database in ${data}. Set HEARTH_DATA to the one that you mean.`,
  )
}

function understood(args: string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { 'include-key': { type: 'boolean', default: false }, force: { type: 'boolean', default: false } },
    })
    const [file, ...rest] = positionals
    if (!file || rest.length > 0) return undefined
    return { file: resolve(file), includeKey: values['include-key'], force: values.force }
  } catch {
    return undefined // an option that doesn't exist: the usage line says which do
  }
}
