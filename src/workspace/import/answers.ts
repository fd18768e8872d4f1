import { z } from 'zod'
import { says } from '../../web/openapi.ts'

const ImportedForm = z
  .object({
    project: z.string(),
    change: z.string().nullable().describe('The change, to be undone; null when everything was there already.'),
    written: z.number().int(),
    unchanged: z.number().int().describe('There already, with the same content.'),
    skipped: z.number().int().describe('Left as they are, since they were there with other content.'),
    renamed: z.array(z.object({ from: z.string(), to: z.string() })),
    leftOut: z
      .array(z.object({ what: z.string(), files: z.number().int() }))
      .describe('Folders of tools (.git, node_modules, ...) and what desktops leave, which are not imported.'),
  })
  .meta({ id: 'Imported' })

/** What the API of imports says of itself. */
export const IMPORT_SAYS = {
  into: says(
    'importFiles',
    'Files',
    'Bring files into a project as one change: a zip as the body, or multipart/form-data with `files` or a `zip`',
    () => ({ 201: { says: 'What became of them.', form: ImportedForm } }),
  ),
  asNew: says(
    'importProject',
    'Files',
    'Start a project from files, sent as for an import. Nothing is planned or written',
    () => ({ 201: { says: 'The project, and what became of the files.', form: ImportedForm } }),
  ),
}
