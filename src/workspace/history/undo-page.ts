import type { Changes } from '../../changes/changes.ts'
import { changesById } from '../../changes/history.ts'
import type { Change } from '../../changes/tables.ts'
import { projectById } from '../../projects/projects.ts'
import type { HistoryDeps } from './change-page.ts'
import { contentsOf, OPERATIONS_SHOWN, type OperationView, operationView } from './operation-view.ts'
import { type HistoryRow, rowsOf } from './page.ts'
import { rehearse } from './rehearsal.ts'
import { type Reversal, reverse } from './reverse.ts'
import { tellChanges } from './tell.ts'

/** Changes that the page lists of those that are to be taken back. */
const LISTED = 50

export interface UndoPage {
  project: { id: string; title: string }
  /** What would be taken back, the newest first, and by how many others. */
  undone: HistoryRow[]
  total: number
  /** What would become of the things that they touched. */
  operations: OperationView[]
  touched: number
}

/**
 * What taking something back would do. Nothing is changed.
 * @throws NotFound `unknown_change`; Conflict `nothing_to_undo`, `already_undone`; Contested `changed_since`
 */
export async function undoPage(
  deps: HistoryDeps & { changes: Changes },
  project: string,
  reversal: Reversal,
  by: string,
): Promise<UndoPage> {
  const { id, title } = await projectById(deps.read, project)
  const { change, contents } = await rehearse(
    deps.db,
    (tx) => reverse(deps.changes, tx, id, reversal, { by }),
    async (tx, change) => ({ change, contents: await contentsOf(deps.blobs, tx, firstOf(change)) }),
  )
  const operations: OperationView[] = []
  for (const operation of firstOf(change)) operations.push(await operationView(deps.highlighter, operation, contents))
  const undone = await changesById(deps.read, change.undoes.slice(0, LISTED))
  return {
    project: { id, title },
    undone: await rowsOf(deps.read, await tellChanges(deps.read, undone)),
    total: change.undoes.length,
    operations,
    touched: change.operations.length,
  }
}

function firstOf({ operations }: Change) {
  return operations.slice(0, OPERATIONS_SHOWN)
}
