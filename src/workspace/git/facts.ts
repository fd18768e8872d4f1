import { and, desc, eq, lte } from 'drizzle-orm'
import { accounts } from '../../accounts/tables.ts'
import type { Reader } from '../../db/open.ts'
import { modelCalls } from '../../llm/tables.ts'
import { type CommitFacts, HEARTH, type Signature, signatureOf } from './commit.ts'
import type { FileChange } from './history.ts'

const PERSON = 'person:'

/** Looks up who made a change, each person once, and with which model. */
export function factsFor(read: Reader): (change: FileChange) => Promise<CommitFacts> {
  const known = new Map<string, Signature>()
  return async (change) => {
    const author = known.get(change.by) ?? (await authorOf(read, change.by))
    known.set(change.by, author)
    return { author, model: change.job ? await modelOf(read, change.job, change.at) : null }
  }
}

async function authorOf(read: Reader, by: string): Promise<Signature> {
  if (!by.startsWith(PERSON)) return HEARTH
  const [account] = await read
    .select({ email: accounts.email })
    .from(accounts)
    .where(eq(accounts.id, by.slice(PERSON.length)))
  return signatureOf(account?.email ?? '')
}

/** The model that the job had asked last when it made the change. */
async function modelOf(read: Reader, job: string, at: number): Promise<string | null> {
  const [call] = await read
    .select({ provider: modelCalls.provider, model: modelCalls.model })
    .from(modelCalls)
    .where(and(eq(modelCalls.job, job), lte(modelCalls.openedAt, at)))
    .orderBy(desc(modelCalls.openedAt), desc(modelCalls.id))
    .limit(1)
  return call ? `${call.provider}/${call.model}` : null
}
