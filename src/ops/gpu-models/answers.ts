import { z } from 'zod'
import { MODEL_KINDS } from '../../gpu/profile.ts'
import { TIER } from '../../gpu/spec.ts'
import { JobStateForm } from '../../projects/jobs/answers.ts'
import { says } from '../../web/openapi.ts'

const Bytes = z.number().int().nonnegative()

const JobForm = z
  .object({
    id: z.string(),
    does: z.enum(['download', 'check']),
    state: JobStateForm,
    phase: z.string(),
    bytes: Bytes,
    totalBytes: Bytes.nullable(),
    etaMs: z.number().nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    changed: z.array(z.string()).describe('Files that a check found to hold something else than before.'),
    noted: z.array(z.string()).describe('Files whose hash nobody has published: it was noted when they came.'),
  })
  .meta({ id: 'WeightsJob' })

const ModelForm = z
  .object({
    id: z.string().describe('`family/name`.'),
    label: z.string(),
    family: z.string(),
    kind: z.enum(MODEL_KINDS),
    functions: z.array(z.string()),
    format: z.enum(['diffusers', 'safetensors', 'gguf']),
    page: z.string().nullable(),
    gated: z.boolean().describe('The hub gives it only to accounts that have asked there.'),
    licence: z.object({
      id: z.string(),
      name: z.string(),
      url: z.string().optional(),
      terms: z.string(),
      notIn: z.array(z.string()).describe('Where it is not licensed.'),
      commercial: z.boolean(),
      acceptedAt: z.number().int().nullable().describe('When you accepted it as it reads now.'),
    }),
    bytes: Bytes.nullable(),
    unhashed: z.array(z.string()).describe('Files whose hash nobody has published.'),
    tiers: z.array(
      z.object({
        name: z.enum(TIER),
        vramBytes: Bytes,
        vramFrom: z.enum(['measured', 'published', 'estimated']),
        fits: z.boolean(),
      }),
    ),
    tier: z.enum(TIER).nullable().describe('The highest that the largest device of this machine carries.'),
    installed: z
      .object({
        path: z.string(),
        sha256: z.string().nullable().describe('Null while it is being hashed.'),
        bytes: Bytes,
        ours: z.boolean().describe('In Hearth’s own folder, from which it may remove it.'),
        known: z.boolean().describe('False: worked out from its files, with estimated figures.'),
      })
      .nullable(),
    job: JobForm.nullable(),
  })
  .meta({ id: 'Weights' })

const Model = z.object({ model: ModelForm })
const Job = z.object({ job: z.looseObject({ id: z.string() }) })
const TAG = 'Weights'

/** What the API of models for pictures and clips says of itself. */
export const WEIGHTS_SAY = {
  list: says(
    'listWeights',
    TAG,
    'All models for pictures and clips: those on this machine, and those that could be had',
    () => ({
      200: {
        says: 'By family and name.',
        form: z.object({
          items: z.array(ModelForm),
          left: z
            .array(z.object({ path: z.string(), why: z.string() }))
            .describe('What looks like a model and is not used.'),
          folders: z.array(z.string()),
        }),
      },
    }),
  ),
  get: says('getWeights', TAG, 'One model, and its last download or check', () => ({
    200: { says: 'The model.', form: Model },
  })),
  look: says('lookForWeights', TAG, 'Look through the folders of models again', () => ({
    200: { says: 'What is there now.', form: z.object({ installed: z.number().int(), left: z.number().int() }) },
  })),
  accept: says('acceptLicence', TAG, 'Note that you have read and taken a model’s licence', () => ({
    201: { says: 'The model.', form: Model },
  })),
  fetch: says(
    'downloadWeights',
    TAG,
    'Download a model whose licence you have accepted; one that is under way is that one',
    () => ({
      202: { says: 'The job that does it.', form: Job },
    }),
  ),
  add: says('addWeights', TAG, 'Download one file of safetensors or GGUF by its address', () => ({
    202: { says: 'The job that does it.', form: Job },
  })),
  check: says('checkWeights', TAG, 'Read all of a model again, to see whether it still holds what it did', () => ({
    202: { says: 'The job that does it.', form: Job },
  })),
  remove: says('removeWeights', TAG, 'Remove a model from Hearth’s own folder, or what is there of a download', () => ({
    204: { says: 'It is gone.' },
  })),
}
