import { type Author, authorsCalled } from '../../changes/authors.ts'
import { authorsOf, changesOf, standingIn } from '../../changes/history.ts'
import { changeUrl } from '../../changes/lasts.ts'
import type { Reader } from '../../db/open.ts'
import { projectById } from '../../projects/projects.ts'
import { type ToldChange, tellChanges, undoersOf } from './tell.ts'
import { type Deed, deedsOf, nameOf, workWord } from './words.ts'

/** Changes of one page of the history. */
const SHOWN = 50

export interface HistoryQuery {
  entity?: string | undefined
  id?: string | undefined
  by?: string | undefined
  job?: string | undefined
  batch?: string | undefined
  before?: string | undefined
}

/** A change as a line of the history. */
export interface HistoryRow {
  id: string
  url: string
  at: number
  author: Author
  by: string
  reason: string
  deeds: Deed[]
  /** Things that it touched besides. */
  beyond: number
  merged: boolean
  work: { url: string; word: string; models: string[]; cost: string } | null
  /** Its run, when more of that stands than this alone. */
  run: { batch: string; standing: number } | null
  undone: { url: string; by: string } | null
  takesBack: number
}

export interface HistoryPage {
  project: { id: string; title: string }
  rows: HistoryRow[]
  /** What is looked at alone, in words; null for all. */
  about: string | null
  query: HistoryQuery
  authors: { by: string; name: string }[]
  /** The next page; null at the end. */
  older: string | null
  /** Whether this is where the newest are: going back to that one would change nothing. */
  isNewest: boolean
}

/** A project's history, or of it what concerns a thing, an author or a run. @throws NotFound `unknown_project`, `unknown_change` */
export async function historyPage(read: Reader, project: string, query: HistoryQuery): Promise<HistoryPage> {
  const { id, title } = await projectById(read, project)
  const changes = await changesOf(read, id, { ...query, limit: SHOWN + 1 })
  const told = await tellChanges(read, changes.slice(0, SHOWN))
  const authors = await authorsOf(read, id)
  const called = await authorsCalled(read, authors)
  return {
    project: { id, title },
    rows: await rowsOf(read, told),
    about: aboutWords(query, told),
    query,
    authors: authors.map((by) => ({ by, name: called(by).name })),
    older: changes.length > SHOWN ? told.at(-1)!.id : null,
    isNewest: Object.values(query).every((value) => value === undefined),
  }
}

/** Changes as lines of a history. */
export async function rowsOf(read: Reader, told: ToldChange[]): Promise<HistoryRow[]> {
  const standing = await standingIn(
    read,
    told.flatMap(({ batch }) => batch ?? []),
  )
  const undoers = await undoersOf(read, told)
  return told.map((change) => rowOf(change, standing, undoers))
}

function rowOf(
  { id, at, author, by, reason, operations, count: all, undoes, undoneBy, batch, work }: ToldChange,
  standing: ReadonlyMap<string, number>,
  undoers: ReadonlyMap<string, string>,
): HistoryRow {
  const count = batch === null ? 0 : (standing.get(batch) ?? 0)
  return {
    id,
    url: changeUrl(id),
    at,
    author,
    by,
    reason,
    deeds: deedsOf(operations),
    beyond: all - operations.length,
    merged: operations.some(({ seen }) => seen !== null),
    work: work && { url: `/jobs/${work.job}`, word: workWord(work.kind), models: work.models, cost: work.cost },
    run: batch !== null && count > 1 ? { batch, standing: count } : null,
    undone: undoneBy === null ? null : { url: changeUrl(undoneBy), by: undoers.get(undoneBy) ?? 'Hearth' },
    takesBack: undoes.length,
  }
}

function aboutWords({ entity, id, batch, job }: HistoryQuery, told: ToldChange[]): string | null {
  if (batch !== undefined || job !== undefined) return 'one run'
  if (entity === undefined) return null
  if (id === undefined) return `${entity}s`
  const own = told
    .flatMap(({ operations }) => operations)
    .find((each) => each.entity === entity && each.entityId === id)
  return own ? nameOf(own) : id
}
