import { z } from 'zod'
import { ContestedForm } from '../changes/contest-answer.ts'
import { type Answer, says } from '../web/openapi.ts'

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
    purged: z.number().int().describe('How many of its operations were removed for good with the trash.'),
    undoneBy: z.string().nullable().describe('The change because of which it does not stand.'),
    at: z.number().int().describe('ms since the epoch'),
    count: z.number().int().describe('How many operations it has; a list holds the first 100 of each change.'),
    operations: z.array(OperationForm),
  })
  .meta({ id: 'Change' })

const ToldForm = ChangeForm.extend({
  author: z.object({ kind: z.enum(['person', 'agent', 'system']), name: z.string() }),
  work: z
    .object({
      kind: z.string().describe('What kind of job it was made in.'),
      models: z.array(z.string()),
      costMicros: z.number().int().describe('What all calls of that job cost, in millionths of a US dollar.'),
    })
    .nullable(),
}).meta({ id: 'ToldChange' })

const contested = (says: string) => ({ says, form: ContestedForm, type: 'application/problem+json' })
const undone = (says: string): Record<number, Answer> => ({
  201: { says, form: z.object({ change: ChangeForm }) },
  409: contested('Others have changed the same since. Send it again with a choice for each place, as `choices`.'),
})
const written = z.object({
  path: z.string(),
  version: z.number().int(),
  bytes: z.number().int(),
  merged: z.boolean().describe('What others had changed since was kept beside it: get the file to see both.'),
  change: z.string().describe('The change that this made, or, when all was so already, the one that had.'),
})

/** What the API of a project's files and changes says of itself. */
export const WORKSPACE_SAYS = {
  file: says('getFile', 'Files', 'The bytes of a file; its ETag is its version', () => ({
    200: { says: 'The file, or the range that was asked for.', type: 'application/octet-stream' },
    304: { says: 'It is the version that you have.' },
  })),
  zip: says(
    'downloadProject',
    'Files',
    'All files of a project as a zip, made while it is read; with `at`, as they were just after that change',
    () => ({
      200: { says: 'The zip.', type: 'application/zip' },
    }),
  ),
  changes: says('listChanges', 'Changes', 'What was changed in a project, newest first', () => ({
    200: {
      says: 'A page; nextCursor is null at the end.',
      form: z.object({ items: z.array(ToldForm), nextCursor: z.string().nullable() }),
    },
  })),
  change: says('getChange', 'Changes', 'A change with all that it did', () => ({
    200: { says: 'The change.', form: z.object({ change: ToldForm }) },
  })),
  undo: says('undoChange', 'Changes', 'Undo a change; to redo it, undo its undoing', () =>
    undone('The change that undoes it.'),
  ),
  undoMany: says('undoChanges', 'Changes', 'Undo a batch, several changes, or all since a change', () =>
    undone('The one change that undoes them.'),
  ),
  put: says(
    'putFile',
    'Files',
    'Write a file; If-Match says which version you saw, If-None-Match: * that there was none',
    () => ({
      200: { says: 'It is written, or was so already; the ETag is its version now.', form: written },
      201: { says: 'It is a new file.', form: written },
      412: contested(
        'Others have changed the same lines since. Send the same again with `against`, the version that is there, and `choose`: a side (`mine`, `theirs`, `base`, `both`), or one for each place, as `0:mine,1:both`.',
      ),
    }),
  ),
  remove: says('removeFile', 'Files', 'Remove a file; If-Match says which version you saw', () => ({
    200: { says: 'The change that this made.', form: z.object({ change: z.string() }) },
    412: contested('It was changed since. To remove it all the same, send the ETag of what is there now.'),
  })),
}
