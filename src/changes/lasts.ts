import type { Reader } from '../db/open.ts'
import { authorsCalled } from './authors.ts'
import type { Contest } from './contest.ts'
import { changesById } from './history.ts'

/** Who made what is there now of a contested thing. */
export interface LastChange {
  url: string
  by: string
  at: number
  reason: string
}

/** The page of a change. */
export function changeUrl(id: string): string {
  return `/changes/${encodeURIComponent(id)}`
}

/** The last changes of contested things, by the ids of the changes. */
export async function lastChanges(read: Reader, contests: Contest[]): Promise<ReadonlyMap<string, LastChange>> {
  const changes = await changesById(read, [...new Set(contests.flatMap(({ last }) => last ?? []))])
  const called = await authorsCalled(
    read,
    changes.map(({ by }) => by),
  )
  return new Map(changes.map(({ id, by, at, reason }) => [id, { url: changeUrl(id), by: called(by).name, at, reason }]))
}
