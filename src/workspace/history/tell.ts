import { emailsOf } from '../../accounts/accounts.ts'
import type { Change } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import { jobsById } from '../../jobs/jobs.ts'
import { costWords } from '../../llm/money-words.ts'
import { usageOfJobs } from '../../llm/usage.ts'

/** Who made a change. */
export interface Author {
  kind: 'person' | 'agent' | 'system'
  /** An address; of an agent or the system, Hearth. */
  name: string
}

/** The job in which a change was made, with what its calls to models took so far, all of them together. */
export interface Work {
  job: string
  kind: string
  /** `provider/model`, as they were asked. */
  models: string[]
  /** Millionths of a US dollar. */
  costMicros: number
  cost: string
}

/** A change, with what other rooms know about it. */
export interface ToldChange extends Change {
  author: Author
  work: Work | null
}

/** Changes with their authors' names, and with their jobs. */
export async function tellChanges(read: Reader, changes: Change[]): Promise<ToldChange[]> {
  const names = await authorsCalled(
    read,
    changes.map(({ by }) => by),
  )
  const work = await workOf(
    read,
    changes.flatMap(({ job }) => job ?? []),
  )
  return changes.map((change) => ({
    ...change,
    author: names(change.by),
    work: (change.job && work.get(change.job)) || null,
  }))
}

/** How the authors of changes are called. */
export async function authorsCalled(read: Reader, authors: string[]): Promise<(by: string) => Author> {
  const people = [...new Set(authors.filter((by) => by.startsWith(PERSON)).map((by) => by.slice(PERSON.length)))]
  const emails = await emailsOf(read, people)
  return (by) => {
    if (by.startsWith('job:')) return { kind: 'agent', name: 'Hearth' }
    if (!by.startsWith(PERSON)) return { kind: 'system', name: 'Hearth' }
    return { kind: 'person', name: emails.get(by.slice(PERSON.length)) || 'the owner' }
  }
}

const PERSON = 'person:'

async function workOf(read: Reader, ids: string[]): Promise<Map<string, Work>> {
  const distinct = [...new Set(ids)]
  const usage = new Map((await usageOfJobs(read, distinct)).map((row) => [row.job, row]))
  const jobs = await jobsById(read, distinct)
  return new Map(
    jobs.map(({ id, kind }): [string, Work] => {
      const used = usage.get(id)
      const models = used ? used.models.split(',') : []
      return [id, { job: id, kind, models, costMicros: used?.costMicros ?? 0, cost: used ? costWords(used) : '' }]
    }),
  )
}
