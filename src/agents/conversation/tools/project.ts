import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { changeById, changesOf } from '../../../changes/history.ts'
import type { Change, Operation } from '../../../changes/tables.ts'
import type { Reader } from '../../../db/open.ts'
import { NotFound } from '../../../errors.ts'
import { refOf } from '../../../jobs/settle.ts'
import { jobs } from '../../../jobs/tables.ts'
import { CHAT } from '../../../projects/asides.ts'
import type { Question } from '../tables.ts'
import { chatTool } from './tool.ts'

const CHANGES_AT_MOST = 50
/** Things of one change that are named. */
const THINGS_AT_MOST = 5

export const HISTORY = chatTool({
  name: 'list_changes',
  description:
    'Lists the latest changes of the project, the newest first, with their ids: who changed what, when, and whether it was undone.',
  zod: z.object({ limit: z.number().int().min(1).max(CHANGES_AT_MOST).optional() }),
  says: () => 'Lists the latest changes',
  async run({ db }, { project }, { limit = 20 }) {
    const changes = await changesOf(db.read, project.id, { limit })
    return changes.length === 0 ? 'Nothing was changed yet.' : changes.map(inWords).join('\n')
  },
})

export const UNDOING = chatTool({
  name: 'undo_change',
  description:
    'Takes one change back, by its id. A person is asked first, unless it was made in this conversation: undoing what wrote a file deletes it.',
  zod: z.object({ change: z.string().min(1).max(80).describe('The id of a change, from list_changes or an edit.') }),
  says: ({ change }) => `Undoes the change ${change}`,
  async run(deps, { project, by, job }, { change: id }) {
    const change = await changeById(deps.db.read, id)
    if (change.scope !== project.id) throw new NotFound('change', id)
    return {
      asks: (await isFromConversation(deps.db.read, change)) ? undefined : question(change),
      async effect(tx) {
        const undoing = await deps.changes.undo(tx, id, { by, job: refOf(job) })
        return `Undone: ${inWords(change)}. This is the change ${undoing.id}.`
      },
    }
  },
})

/** What an answer has done it may take back; all else is a person’s, or took work. */
async function isFromConversation(read: Reader, { by }: Change): Promise<boolean> {
  const [author] = await read
    .select({ kind: jobs.kind })
    .from(jobs)
    .where(eq(jobs.id, by.replace(/^job:/, '')))
  return author?.kind === CHAT
}

function question(change: Change): Question {
  const whose = change.by.startsWith('person:') ? 'a person’s change' : 'what a task has made'
  return { says: `Undo ${whose}: ${inWords(change)}.`, base: change.id }
}

function inWords({ id, reason, count, operations, by, at, undoneBy, undoes }: Change): string {
  const who = by.startsWith('person:') ? 'a person' : 'Hearth'
  const shown = operations.slice(0, THINGS_AT_MOST).map(whatWith)
  const more = count > THINGS_AT_MOST ? [`and ${count - THINGS_AT_MOST} more`] : []
  const state = undoneBy ? ', undone since' : undoes.length > 0 ? ', undoing another' : ''
  const why = reason ? ` (${reason})` : ''
  return `change ${id}: ${[...shown, ...more].join(', ') || 'nothing'} by ${who} at ${new Date(at).toISOString().slice(0, 16)}${why}${state}`
}

function whatWith({ entity, entityId, before, after }: Operation): string {
  const what = after === null ? 'removed' : before === null ? 'made' : 'changed'
  const name = (after ?? before) as { title?: string } | null
  return `${entity} ${entity === 'task' && name?.title ? `${entityId} “${name.title}”` : entityId} ${what}`
}
