import { z } from 'zod'
import { says } from '../../web/openapi.ts'

const Bytes = z.number().int()
const Time = z.number().int().describe('ms since the epoch')
const WorkForm = z.object({
  job: z.string(),
  name: z.string().describe('What it makes.'),
  project: z.object({ id: z.string(), title: z.string() }).nullable(),
})

export const DeviceForm = z
  .object({
    id: z.string().describe('A UUID, or the place on the bus; it stays when devices are put in another order.'),
    name: z.string(),
    vendor: z.string(),
    kind: z.enum(['cpu', 'cuda', 'rocm', 'xpu', 'mps']),
    totalBytes: Bytes,
    freeBytes: Bytes,
    index: z.number().int().optional(),
    driver: z.string().optional(),
    temperature: z.number().nullable().optional().describe('Degrees Celsius.'),
    processes: z
      .array(z.object({ pid: z.number().int(), name: z.string().optional(), usedBytes: Bytes.nullable() }))
      .optional()
      .describe('Who holds memory on it; absent where nobody can tell.'),
    mig: z.string().nullable().optional().describe('The profile of a slice of a partitioned card.'),
    configured: z.boolean().optional().describe('It reports no memory: the figure is the setting’s.'),
    tier: z.string().describe('Of the Stable Diffusion family, with what is free now.'),
    degraded: z
      .object({ why: z.string(), pid: z.number().int().optional(), name: z.string().optional(), since: Time })
      .nullable()
      .describe('Why it takes no work.'),
    running: z.array(
      WorkForm.extend({
        phase: z.string(),
        step: z.number().int(),
        steps: z.number().int(),
        etaMs: z.number().nullable().describe('How long yet; null: nobody knows.'),
        since: Time,
        profile: z.string().nullable(),
      }),
    ),
    history: z.array(z.object({ at: Time, freeBytes: Bytes })),
  })
  .meta({ id: 'Device' })

const TAG = 'Machine'

/** What the API of devices says of itself. */
export const DEVICES_SAY = {
  list: says('listDevices', TAG, 'What pictures can be made on, and what runs there', () => ({
    200: {
      says: 'The devices, what waits for one, and what could not be found out.',
      form: z.object({
        items: z.array(DeviceForm),
        waiting: z.object({ count: z.number().int(), first: z.array(WorkForm) }),
        troubles: z.array(z.string()),
      }),
    },
  })),
  recover: says('recoverDevice', TAG, 'Use a device again that was left alone', () => ({
    204: { says: 'It takes work again; it also does when it was never left alone.' },
  })),
  forget: says('forgetLearned', TAG, 'Forget what earlier renders took, of one model or of all', () => ({
    200: {
      says: 'How many figures of memory and of times there were. They are learned anew.',
      form: z.object({ forgotten: z.number().int() }),
    },
  })),
}
