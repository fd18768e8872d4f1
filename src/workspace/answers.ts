import { z } from 'zod'
import { says } from '../web/openapi.ts'

const OperationForm = z
  .object({
    entity: z.string(),
    entityId: z.string(),
    kind: z.enum(['create', 'update', 'move', 'delete', 'restore']),
    seen: z.number().int().nullable().describe('The version that the author had seen, where it was not the last one.'),
    baseVersion: z.number().int(),
    version: z.number().int(),
    before: z.unknown().describe('The whole state before; null where it was not there.'),
    after: z.unknown(),
  })
  .meta({ id: 'Operation' })

const ChangeForm = z
  .object({
    id: z.string(),
    project: z.string(),
    by: z.string(),
    reason: z.string(),
    job: z.string().nullable(),
    batch: z.string().nullable().describe('Changes of one batch can be undone as one.'),
    undoes: z.array(z.string()).describe('The changes that it took back.'),
    undoneBy: z.string().nullable().describe('The change because of which it does not stand.'),
    at: z.number().int().describe('ms since the epoch'),
    operations: z.array(OperationForm),
  })
  .meta({ id: 'Change' })

/** What the API of a project's files and changes says of itself. */
export const WORKSPACE_SAYS = {
  file: says('getFile', 'Files', 'The bytes of a file; its ETag is its version', () => ({
    200: { says: 'The file, or the range that was asked for.', type: 'application/octet-stream' },
    304: { says: 'It is the version that you have.' },
  })),
  zip: says('downloadProject', 'Files', 'All files of a project as a zip, made while it is read', () => ({
    200: { says: 'The zip.', type: 'application/zip' },
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
