import { z } from 'zod'
import { JobForm } from '../../projects/jobs/answers.ts'
import { says } from '../../web/openapi.ts'

const WishForm = z
  .object({
    id: z.string(),
    request: z.string(),
    state: z.enum(['asked', 'proposed', 'applied', 'discarded']),
    note: z.string().describe('What the model says of it.'),
    at: z.number().int().describe('ms since the epoch'),
    rows: z
      .array(
        z.object({
          what: z.enum(['added', 'changed', 'removed']),
          title: z.string(),
          fields: z.array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
        }),
      )
      .describe('What it would change, or has changed.'),
    job: z.object({ id: z.string(), state: z.string() }).nullable(),
    isStale: z.boolean().describe('A task that it is about has changed since.'),
    standing: z.number().int().describe('Changes that it has made and that stand.'),
    error: z.string().nullable(),
  })
  .meta({ id: 'TaskWish' })

const TAG = 'Tasks'
const decided = () => ({ 201: { says: 'It is done.', form: z.object({ id: z.string(), state: z.string() }) } })

/** What the API of wishes for a plan says of itself. */
export const WISH_SAYS = {
  list: says('listTaskWishes', TAG, 'What people wanted of a plan in words, the newest first', () => ({
    200: { says: 'The wishes.', form: z.object({ items: z.array(WishForm) }) },
  })),
  ask: says('wishForTasks', TAG, 'Say in words what should be different in a plan; nothing changes yet', () => ({
    201: {
      says: 'The wish, and the job that makes a proposal of it.',
      form: z.object({ wish: z.string(), job: JobForm }),
    },
  })),
  apply: says('applyTaskWish', TAG, 'Make the edits that were proposed', decided),
  discard: says('discardTaskWish', TAG, 'Drop what was proposed', decided),
  undo: says('undoTaskWish', TAG, 'Undo all that applying it has changed', () => ({
    201: { says: 'The change that undoes it.', form: z.object({ change: z.string() }) },
  })),
}
