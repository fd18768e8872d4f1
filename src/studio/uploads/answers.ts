import { z } from 'zod'
import { says } from '../../web/openapi.ts'

const UploadsForm = z
  .object({
    project: z.string(),
    change: z.string().nullable().describe('The change, to be undone; null when all was there already.'),
    files: z.array(
      z.object({
        name: z.string().describe('As it was sent, without what hides in it.'),
        path: z.string(),
        bytes: z.number().int(),
        mediaType: z.string().describe('By its content, whatever its name says.'),
        width: z.number().int().nullable(),
        height: z.number().int().nullable(),
        note: z.string().nullable().describe('What its name said wrongly, in words.'),
        withoutPlace: z.boolean().describe('The place on earth at which it was taken was removed from it.'),
        unchanged: z.boolean().describe('There already under this name, with the same content.'),
        url: z.string(),
        rawUrl: z.string(),
      }),
    ),
    refused: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({ id: 'Uploads' })

/** What the API of uploads says of itself. */
export const UPLOAD_SAYS = {
  upload: says(
    'uploadFiles',
    'Files',
    'Upload pictures, clips and other files as one change: multipart/form-data, or one file as the body with ?name=',
    () => ({ 201: { says: 'What was taken, and what was refused and why.', form: UploadsForm } }),
  ),
}
