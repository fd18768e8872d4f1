import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Invalid } from '../../errors.ts'
import type { Done, Handler, JobContext } from '../../jobs/handler.ts'
import { bytes, iso, plural } from '../../web/format.ts'
import { type BackupDeps, backupOf, databaseFile } from '../backup.ts'
import { saveBackup } from '../save-backup.ts'
import { UPKEEP } from './upkeep.ts'

/** Backups that stay when not said otherwise. */
const KEEP = 7
/** What these backups are called; nothing else in their folder is touched. */
const NAME = /^hearth-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.tar(\.partial)?$/

const Input = z.object({
  /** How many of the newest stay. */
  keep: z.number('takes how many backups to keep').int().min(1).max(1_000).default(KEEP),
})

export interface BackupJobDeps extends BackupDeps {
  databaseUrl: string
}

/** The job that saves everything to a file in `<data>/backups/` and removes the oldest of its own. */
export function backupHandler(deps: BackupJobDeps): Handler<z.infer<typeof Input>> {
  return {
    kind: 'backup',
    lane: UPKEEP,
    run: (ctx) => makeBackup(deps, ctx),
    schedulable: (input) => {
      const asked = Input.safeParse(input)
      if (asked.success) return asked.data
      throw new Invalid('invalid_input', 'A backup takes “keep”, how many of the newest stay.', {
        context: { field: 'input' },
      })
    },
  }
}

async function makeBackup(
  deps: BackupJobDeps,
  { job, input, signal, phase }: JobContext<z.infer<typeof Input>>,
): Promise<Done> {
  databaseFile(deps.databaseUrl)
  await phase('saving')
  const folder = join(deps.data, 'backups')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = fileName(job.createdAt)
  const { missing } = await saveBackup(join(folder, file), () => backupOf(deps, { includeKey: false }), signal)
  const removed = removeOldest(folder, file, input.keep)
  const { size } = statSync(join(folder, file))
  const lost = missing.length === 0 ? '' : `, without ${plural(missing.length, 'file')} that had been lost before`
  return { result: { file, bytes: size, removed, missing, says: `Saved ${bytes(size)} to backups/${file}${lost}` } }
}

/** `hearth-2026-11-21T03-00-00Z.tar`: names that sort as time does. */
function fileName(at: number): string {
  return `hearth-${iso(at).slice(0, 19).replaceAll(':', '-')}Z.tar`
}

/**
 * One backup is made at a time, so what is still partial was left by a server that died; and what is newer than the newest
 * was made by a clock that ran ahead, before all others that can be told.
 */
function removeOldest(folder: string, made: string, keep: number): string[] {
  const own = readdirSync(folder).filter((name) => NAME.test(name))
  const whole = own.filter((name) => name.endsWith('.tar')).sort()
  const asMade = [...whole.filter((name) => name > made), ...whole.filter((name) => name <= made)]
  const old = asMade.slice(0, Math.max(0, whole.length - keep))
  const removed = [...old, ...own.filter((name) => name.endsWith('.partial'))]
  for (const name of removed) rmSync(join(folder, name), { force: true })
  return removed
}
