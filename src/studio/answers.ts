import { z } from 'zod'
import { JobForm } from '../projects/jobs/answers.ts'
import { says } from '../web/openapi.ts'
import { recipe } from './recipe.ts'

const Time = z.number().int().describe('ms since the epoch')

export const ArtifactForm = z
  .object({
    id: z.string(),
    project: z.string(),
    task: z.string().nullable(),
    job: z.string(),
    attempt: z.number().int(),
    n: z.number().int().describe('Its place in the batch of its job, from 1.'),
    function: z.string(),
    path: z.string().describe('The file of the project that it became.'),
    url: z.string().describe('Its bytes, which never change.'),
    poster: z.string().nullable().describe('A picture that stands for a clip.'),
    mediaType: z.string(),
    sha256: z.string(),
    bytes: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
    frames: z.number().int().nullable(),
    fps: z.number().nullable(),
    seed: z.number().int(),
    prompt: z.string(),
    negative: z.string(),
    engine: z.string(),
    engineVersion: z.string(),
    model: z.string().nullable(),
    modelHash: z.string().nullable(),
    tier: z.string().nullable(),
    device: z.string(),
    params: z.record(z.string(), z.unknown()).describe('What the engine says that it did.'),
    lowered: z.array(
      z.object({ what: z.string(), from: z.string(), to: z.string(), rung: z.number(), why: z.string() }),
    ),
    reason: z.string().describe('One sentence: why it was made in this way.'),
    resumedFrom: z.number().int().describe('The step at which its last attempt went on; 0: from the start.'),
    resumedOn: z.string().nullable().describe('The device on which it went on, where that is another one.'),
    renderMs: z.number().int().nullable(),
    parent: z.string().nullable().describe('The artifact that it was made from.'),
    recipe: recipe.nullable().describe('All that its bytes depend on.'),
    createdAt: Time,
  })
  .meta({ id: 'Artifact' })

const Artifacts = z.object({ items: z.array(ArtifactForm), nextCursor: z.string().nullable() })
const Job = z.object({ job: JobForm })
const TAG = 'Pictures'

/** What the API of pictures and clips says of itself. */
export const STUDIO_SAYS = {
  render: says('startRender', TAG, 'Have a picture or clip made: what is left out is chosen', () => ({
    201: { says: 'Its job.', form: Job },
  })),
  album: says('startAlbum', TAG, 'Have a picture made in a project of its own', () => ({
    201: { says: 'The project, and the job.', form: z.object({ project: z.string(), job: JobForm.nullable() }) },
  })),
  again: says('renderAgain', TAG, 'Make a picture again from its recipe', () => ({
    201: {
      says: 'The project in which it is made, the job, and the picture that is known to be the same, if any.',
      form: z.object({ project: z.string(), job: JobForm, original: z.string().nullable() }),
    },
  })),
  list: says('listArtifacts', TAG, 'What was rendered in a project, the newest first', () => ({
    200: { says: 'A page; nextCursor is null at the end.', form: Artifacts },
  })),
  listAll: says('listAllArtifacts', TAG, 'What was rendered in all projects, the newest first', () => ({
    200: { says: 'A page; nextCursor is null at the end.', form: Artifacts },
  })),
  get: says('getArtifact', TAG, 'A picture or clip with all that is known of it', () => ({
    200: { says: 'It.', form: z.object({ artifact: ArtifactForm }) },
  })),
  remove: says('deleteArtifact', TAG, 'Delete a picture or clip: its file, as a change that can be undone', () => ({
    204: { says: 'It is in no list any more. It is gone for good when the trash is emptied.' },
  })),
  restore: says('restoreArtifact', TAG, 'Bring back a picture or clip that was deleted', () => ({
    204: { says: 'It is there again.' },
  })),
  content: says('getArtifactContent', TAG, 'The bytes of a picture or clip', () => ({
    200: { says: 'The bytes, or the range that was asked for.', type: 'application/octet-stream' },
  })),
  poster: says('getArtifactPoster', TAG, 'The picture that stands for a clip', () => ({
    200: { says: 'The picture.', type: 'application/octet-stream' },
  })),
  upscale: says('upscaleArtifact', TAG, 'Make a picture larger: what is left out is chosen', () => ({
    201: { says: 'Its job.', form: Job },
  })),
  repeat: says('repeatArtifact', TAG, 'Make a picture again', () => ({ 201: { says: 'Its job.', form: Job } })),
}
