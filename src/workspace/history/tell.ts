import { type Author, authorsCalled } from '../../changes/authors.ts'
import { changesById } from '../../changes/history.ts'
import type { Change } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import { jobsById } from '../../jobs/jobs.ts'
import { costWords } from '../../llm/money-words.ts'
import { usageOfJobs } from '../../llm/usage.ts'

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
  const called = await authorsCalled(
    read,
    changes.map(({ by }) => by),
  )
  const work = await workOf(
    read,
    changes.flatMap(({ job }) => job ?? []),
  )
  return changes.map((change) => ({
    ...change,
    author: called(change.by),
    work: (change.job && work.get(change.job)) || null,
  }))
}

/** Who undid those of the changes that are undone, by the id of the change that did it. */
export async function undoersOf(read: Reader, changes: Change[]): Promise<Map<string, string>> {
  const undoers = await changesById(read, [...new Set(changes.flatMap(({ undoneBy }) => undoneBy ?? []))])
  const called = await authorsCalled(
    read,
    undoers.map(({ by }) => by),
  )
  return new Map(undoers.map(({ id, by }) => [id, called(by).name]))
}

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
