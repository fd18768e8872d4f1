import { changeById, changesOf } from '../../changes/history.ts'
import type { Change } from '../../changes/tables.ts'
import type { Database, Reader } from '../../db/open.ts'
import type { Blobs } from '../../files/blobs.ts'
import { projectById } from '../../projects/projects.ts'
import type { Highlighter } from '../highlight/highlighter.ts'
import { contentsOf, OPERATIONS_SHOWN, type OperationView, operationView } from './operation-view.ts'
import { type HistoryRow, rowsOf } from './page.ts'
import { tellChanges } from './tell.ts'

/** Other changes of a run that a change's page lists. */
const SIBLINGS = 20

export interface HistoryDeps {
  read: Reader
  db: Database
  blobs: Blobs
  highlighter: Highlighter
}

export interface ChangePage {
  project: { id: string; title: string }
  change: HistoryRow
  /** What it took back, and the rest of its run. */
  undid: HistoryRow[]
  siblings: HistoryRow[]
  operations: OperationView[]
  from: number
  total: number
}

/** All that a change did, some of it at a time. @throws NotFound `unknown_change` */
export async function changePage(deps: HistoryDeps, id: string, from = 0): Promise<ChangePage> {
  const { read } = deps
  const change = await changeById(read, id)
  const project = await projectById(read, change.scope)
  const [row] = await rowsOf(read, await tellChanges(read, [change]))
  const undid = await Promise.all(change.undoes.slice(0, SIBLINGS).map((each) => changeById(read, each)))
  return {
    project: { id: project.id, title: project.title },
    change: row!,
    undid: await rowsOf(read, await tellChanges(read, undid)),
    siblings: await siblingsOf(read, change),
    ...(await shownOf(deps, change, from)),
  }
}

async function siblingsOf(read: Reader, { scope, batch, id }: Change): Promise<HistoryRow[]> {
  if (batch === null) return []
  const all = await changesOf(read, scope, { batch, limit: SIBLINGS + 1 })
  return rowsOf(read, await tellChanges(read, all.filter((each) => each.id !== id).slice(0, SIBLINGS)))
}

async function shownOf({ read, blobs, highlighter }: HistoryDeps, { operations }: Change, from: number) {
  const shown = operations.slice(from, from + OPERATIONS_SHOWN)
  const contents = await contentsOf(blobs, read, shown)
  const views: OperationView[] = []
  for (const operation of shown) views.push(await operationView(highlighter, operation, contents))
  return { operations: views, from, total: operations.length }
}
