import { z } from 'zod'
import { says } from '../../web/openapi.ts'

const TrashedForm = z
  .object({
    entity: z.enum(['project', 'task', 'file']),
    id: z.string(),
    name: z.string().describe('A title or a path.'),
    at: z.number().int().describe('When it was deleted, ms since the epoch.'),
    by: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'Trashed' })

const TAG = 'Trash'
const items = () => ({ 200: { says: 'The last deleted first.', form: z.object({ items: z.array(TrashedForm) }) } })
const change = z.object({ change: z.string() })

/** What the API of the trash says of itself. */
export const TRASH_SAYS = {
  projects: says('listTrash', TAG, 'The projects in the trash', items),
  things: says('listProjectTrash', TAG, 'The deleted tasks and files of a project', items),
  remove: says('deleteProject', TAG, 'Stop a project and put it into the trash, with its tasks and files', () => ({
    200: { says: 'The change that this made.', form: change },
  })),
  restore: says('restoreProject', TAG, 'Take a project out of the trash, with all that was deleted with it', () => ({
    201: { says: 'The change that this made.', form: change },
  })),
  restoreThing: says('restoreThing', TAG, 'Take a task or a file of a project out of its trash', () => ({
    201: { says: 'The change that this made.', form: change },
  })),
}
