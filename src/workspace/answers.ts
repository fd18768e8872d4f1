import { z } from 'zod'
import { says } from '../web/openapi.ts'

const ChangeForm = z
  .object({
    id: z.string(),
    project: z.string(),
    entity: z.string(),
    entityId: z.string(),
    by: z.string(),
    job: z.string().nullable(),
    baseVersion: z.number().int(),
    version: z.number().int(),
    before: z.unknown().describe('The whole state before; null where it was not there.'),
    after: z.unknown(),
    undoes: z.string().nullable(),
    undoneBy: z.string().nullable(),
    at: z.number().int().describe('ms since the epoch'),
  })
  .meta({ id: 'Change' })

/** What the API of a project's files and changes says of itself. */
export const WORKSPACE_SAYS = {
  file: says('getFile', 'Files', 'The bytes of a file; its ETag is its version', () => ({
    200: { says: 'The file, or the range that was asked for.', type: 'application/octet-stream' },
    304: { says: 'It is the version that you have.' },
  })),
  changes: says('listChanges', 'Changes', 'What was changed in a project, newest first', () => ({
    200: {
      says: 'A page; nextCursor is null at the end.',
      form: z.object({ items: z.array(ChangeForm), nextCursor: z.string().nullable() }),
    },
  })),
  undo: says('undoChange', 'Changes', 'Undo a change', () => ({
    201: { says: 'The change that undoes it.', form: z.object({ change: ChangeForm }) },
  })),
}
