import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Changes } from '../../changes/changes.ts'
import { Choices } from '../../changes/choices.ts'
import { Contested } from '../../changes/contest.ts'
import { contestedResponse } from '../../changes/contest-answer.ts'
import { CHANGES_PAGE, changeById, changesOf } from '../../changes/history.ts'
import type { Change, Operation } from '../../changes/tables.ts'
import type { Database, Reader } from '../../db/open.ts'
import type { Blobs } from '../../files/blobs.ts'
import { projectById } from '../../projects/projects.ts'
import type { Guard } from '../../web/guard.ts'
import { WORKSPACE_SAYS } from '../answers.ts'
import { tellContests } from './contested-files.ts'
import { type Reversal, reverse } from './reverse.ts'
import { type ToldChange, tellChanges } from './tell.ts'

export interface HistoryApiDeps {
  read: Reader
  db: Database
  blobs: Blobs
  changes: Changes
  guard: Guard
}

const Name = z.string().max(2_000)

export const ChangesQuery = z.object({
  limit: z.coerce.number(`takes a number from 1 to ${CHANGES_PAGE}`).int().min(1).max(CHANGES_PAGE).default(50),
  before: Name.optional(),
  entity: Name.optional(),
  id: Name.optional(),
  by: Name.optional(),
  job: Name.optional(),
  batch: Name.optional(),
})

const How = { reason: z.string('takes a text').max(500).optional(), choices: Choices.optional() }
const UndoBody = z.object(How).nullish()
const ReversalBody = z.union(
  [
    z.object({ batch: Name, ...How }),
    z.object({ since: Name, ...How }),
    z.object({ changes: z.array(Name).min(1).max(CHANGES_PAGE), ...How }),
  ],
  'takes a batch, or a change as since, or a list of changes',
)

/** The API of what was changed in a project, and of taking it back. */
export function historyApi(deps: HistoryApiDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .get(
      '/projects/:id/changes',
      async ({ params, query }) => {
        const { id } = await projectById(deps.read, params.id)
        const items = await tellChanges(deps.read, await changesOf(deps.read, id, query))
        return { items: items.map(toldJson), nextCursor: items.length === query.limit ? items.at(-1)!.id : null }
      },
      { query: ChangesQuery, ...WORKSPACE_SAYS.changes },
    )
    .get(
      '/changes/:id',
      async ({ params }) => {
        const found = await changeById(deps.read, params.id)
        await projectById(deps.read, found.scope)
        const [change] = await tellChanges(deps.read, [found])
        return { change: toldJson(change!) }
      },
      WORKSPACE_SAYS.change,
    )
    .post(
      '/changes/:id/reversal',
      async ({ params, body, actor, set }) => {
        const { scope } = await changeById(deps.read, params.id)
        set.status = 201
        return reversed(deps, scope, { changes: [params.id] }, { ...body, by: `person:${actor.id}` })
      },
      { body: UndoBody, ...WORKSPACE_SAYS.undo },
    )
    .post(
      '/projects/:id/reversals',
      async ({ params, body: { reason, choices, ...reversal }, actor, set }) => {
        const { id } = await projectById(deps.read, params.id)
        set.status = 201
        return reversed(deps, id, reversal, { reason, choices, by: `person:${actor.id}` })
      },
      {
        body: ReversalBody,
        // Before its body is looked at: whoever names no project hears of that.
        transform: async ({ params }) => void (await projectById(deps.read, params.id)),
        ...WORKSPACE_SAYS.undoMany,
      },
    )
}

/** The change that takes it back; 409 with both sides where others have changed the same since. */
async function reversed(
  deps: HistoryApiDeps,
  project: string,
  reversal: Reversal,
  undoing: Parameters<typeof reverse>[4],
) {
  try {
    return { change: changeJson(await deps.db.write((tx) => reverse(deps.changes, tx, project, reversal, undoing))) }
  } catch (error) {
    if (!(error instanceof Contested)) throw error
    return contestedResponse(error, 409, await tellContests(deps, project, error.contests))
  }
}

function toldJson({ author, work, ...change }: ToldChange) {
  const { cost: _, job: __, ...told } = work ?? { cost: '', job: '' }
  return { ...changeJson(change), author, work: work ? told : null }
}

function changeJson({ seq: _, scope, operations, ...change }: Change) {
  return { ...change, project: scope, operations: operations.map(operationJson) }
}

function operationJson({ seq: _, change: __, scope: ___, ...operation }: Operation) {
  return operation
}
