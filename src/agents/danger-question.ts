import type { Reader } from '../db/open.ts'
import type { Finding } from '../files/scan/finding.ts'
import { Hold, type JobContext } from '../jobs/handler.ts'
import { jobWithAttempts } from '../jobs/jobs.ts'
import { dangerFound } from './dangers.ts'
import type { Inspection } from './file-gates.ts'
import type { MendedFile } from './mend-file.ts'

/** `baseVersion`: of the file that was mended, as the model saw it. */
type Asked = MendedFile & Pick<Inspection, 'advice' | 'findings'> & { baseVersion?: number }

/** Holds the job with the file in its draft, until a person says how it goes on. */
export function askAbout(ctx: JobContext<unknown>, path: string, { text, ...how }: Asked, asks: Finding[]): Hold {
  ctx.replaceText(text)
  ctx.remember({ asked: how, answer: 'asked' }) // the text is no answer that could be gone on with
  return new Hold(dangerFound(path, hashOf(text), asks))
}

/** The file that a person was asked about and let go on: to try the job again is the answer. */
export async function allowedFile(
  { db }: { db: { read: Reader } },
  { job, draft }: JobContext<unknown>,
): Promise<Asked | undefined> {
  const how = draft.data.asked as Omit<Asked, 'text'> | undefined
  if (!how) return undefined
  const { attempts } = await jobWithAttempts(db.read, job.id)
  const sha256 = hashOf(draft.text)
  const wasAsked = attempts.some(
    ({ outcome, error }) => outcome === 'held' && error?.code === 'danger_found' && error.context.sha256 === sha256,
  )
  return wasAsked ? { ...how, text: draft.text } : undefined
}

function hashOf(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
