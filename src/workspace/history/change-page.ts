import { changeById, changesOf } from '../../changes/history.ts'
import type { Change, Operation } from '../../changes/tables.ts'
import type { Database, Reader } from '../../db/open.ts'
import type { BlobRef, Blobs } from '../../files/blobs.ts'
import { projectById } from '../../projects/projects.ts'
import { effectsOf, type ShownEdit, shownEdits } from '../effects/effects.ts'
import { FILE } from '../file-entity.ts'
import { versionNow } from '../files.ts'
import type { Highlighter } from '../highlight/highlighter.ts'
import { fileUrl } from '../urls.ts'
import { type Contents, contentsOf, OPERATIONS_SHOWN, type OperationView, operationView } from './operation-view.ts'
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

async function shownOf(deps: HistoryDeps, { operations, scope }: Change, from: number) {
  const shown = operations.slice(from, from + OPERATIONS_SHOWN)
  const contents = await contentsOf(deps.blobs, deps.read, shown)
  const effects = await effectsOf(deps, scope, await editsOf(deps.read, shown, contents))
  const views: OperationView[] = []
  for (const operation of shown) {
    const view = await operationView(deps.highlighter, operation, contents)
    views.push(operation.entity === FILE ? { ...view, effects: effects.get(operation.entityId) ?? null } : view)
  }
  return { operations: views, from, total: operations.length }
}

async function editsOf(read: Reader, operations: Operation[], contents: Contents): Promise<ShownEdit[]> {
  const edits: ShownEdit[] = []
  for (const { scope, entity, entityId: path, version, before, after } of operations) {
    if (entity !== FILE) continue
    const content = (state: unknown) =>
      state === null ? null : { text: contents.get((state as BlobRef).hash) ?? null }
    const url = `${fileUrl(scope, path)}?version=${version}`
    const isPresent = (await versionNow(read, scope, path)) === (after === null ? 0 : version)
    edits.push(...shownEdits(path, content(before), content(after), { url, isPresent }))
  }
  return edits
}
