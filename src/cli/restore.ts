import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../clock.ts'
import { restoreBackup } from '../ops/restore.ts'
import { bytes, iso, plural } from '../web/format.ts'
import { type Cli, saying, USAGE } from './io.ts'

const HOW = 'usage: hearth restore FILE [--force]'

/** `hearth restore FILE`: puts a backup into the data directory, and says what it held. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    const { manifest, aside } = await restoreBackup({ ...io.config, now: systemClock.now }, asked.file, asked)
    const { counts, blobs, database, missing } = manifest
    const size = bytes(blobs.bytes + database.bytes)
    io.out(`Restored ${plural(counts.projects, 'project')} with ${plural(counts.files, 'file')} (${size})`)
    io.out(`from the backup of ${iso(manifest.madeAt)}, made by Hearth ${manifest.hearth}, into ${io.config.data}.`)
    if (missing.length > 0)
      io.err(`${plural(missing.length, 'file version')} had been lost before the backup was made.`)
    if (aside) io.out(`What was there before is in ${aside}.`)
    return 0
  })
}

function understood(args: string[]): { file: string; force: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { force: { type: 'boolean', default: false } },
    })
    const [file, ...rest] = positionals
    return file && rest.length === 0 ? { file: resolve(file), force: values.force } : undefined
  } catch {
    return undefined // an option that doesn't exist: the usage line says which do
  }
}
