import type { Reader } from '../../db/open.ts'
import { Forbidden } from '../../errors.ts'
import { jobById } from '../../jobs/jobs.ts'
import type { Actor } from '../../web/guard.ts'

/**
 * Who asks, as the log names them, where they may stop, retry or move a job: what belongs to no project is the machine's
 * own - a download of weights, a backup - and is for those who may start such. @throws NotFound `unknown_job`, Forbidden `owner_only`
 */
export async function moverOf(read: Reader, id: string, actor: Actor): Promise<string> {
  const { scope } = await jobById(read, id)
  if (scope === null && !actor.scopes.includes('admin'))
    throw new Forbidden(
      'owner_only',
      'Only the owner stops, retries or moves what the machine does for itself. Ask for what you need.',
    )
  return `person:${actor.id}`
}
