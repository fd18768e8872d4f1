import { z } from 'zod'
import { says } from '../../web/openapi.ts'

const VersionForm = z
  .object({
    version: z.number().int(),
    kind: z.enum(['create', 'update', 'move', 'delete', 'restore']),
    bytes: z.number().int().nullable().describe('null for a removal.'),
    change: z.string(),
    by: z.string(),
    who: z.string(),
    reason: z.string(),
    job: z.string().nullable(),
    model: z.string().nullable(),
    at: z.number().int().describe('ms since the epoch'),
    undoes: z.array(z.string()),
    undoneBy: z.string().nullable(),
  })
  .meta({ id: 'FileVersion' })

const RowForm = z.object({
  sign: z.enum([' ', '-', '+']),
  old: z.number().int().nullable(),
  new: z.number().int().nullable(),
  text: z.string().describe('Without its end.'),
  end: z.string(),
  marks: z.array(z.tuple([z.number().int(), z.number().int()])).describe('What differs from the line in its place.'),
})

const DiffForm = z
  .object({
    path: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    added: z.number().int(),
    removed: z.number().int(),
    coarse: z.boolean().describe('The two differ too much to be compared to the end.'),
    hunks: z.array(z.object({ skipped: z.number().int(), rows: z.array(RowForm) })).nullable(),
    skipped: z.number().int(),
    left: z.number().int().describe('Lines that go or come and are not given.'),
  })
  .meta({ id: 'FileDiff' })

const BlameForm = z
  .object({
    path: z.string(),
    version: z.number().int(),
    lines: z.number().int(),
    since: z.number().int().nullable().describe('What was before this version is not looked at.'),
    groups: z
      .array(z.object({ from: z.number().int(), lines: z.number().int(), author: VersionForm.nullable() }))
      .nullable()
      .describe('Runs of lines that one version brought; null when the file is no text, or too long.'),
  })
  .meta({ id: 'FileBlame' })

/** What the API of a file's versions says of itself. */
export const VERSIONS_SAYS = {
  list: says('listVersions', 'Files', 'The versions of a file, the newest first', () => ({
    200: {
      says: 'A page; nextCursor is null at the end.',
      form: z.object({
        items: z.array(
          VersionForm.extend({ counts: z.object({ added: z.number().int(), removed: z.number().int() }).nullable() }),
        ),
        nextCursor: z.string().nullable(),
      }),
    },
  })),
  restore: says('restoreVersion', 'Files', 'Write a version of a file again', () => ({
    201: {
      says: 'The change that brought it back.',
      form: z.object({ change: z.string(), version: z.number().int() }),
    },
  })),
  diff: says('diffVersions', 'Files', 'What differs between two versions of a file', () => ({
    200: { says: 'Its hunks; null when one of the two is no text.', form: DiffForm },
  })),
  blame: says('blameFile', 'Files', 'Which change brought each line of a file', () => ({
    200: { says: 'Runs of lines with the version that first brought them.', form: BlameForm },
  })),
}
