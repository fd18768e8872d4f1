import { z } from 'zod'
import { says } from '../../web/openapi.ts'

const Queued = z
  .object({
    job: z
      .object({ id: z.string(), state: z.string(), phase: z.string(), step: z.number(), steps: z.number() })
      .loose(),
    name: z.string().describe('What it makes.'),
    project: z.object({ id: z.string(), title: z.string() }).nullable(),
    owner: z.string(),
    device: z.string().nullable().describe('On which it runs.'),
    deviceName: z.string().nullable().describe('The same for a person.'),
    waits: z.string().nullable().describe('Why it does not run.'),
  })
  .meta({ id: 'Queued' })

const TAG = 'Machine'

/** What the API of the queue says of itself. */
export const QUEUE_SAYS = {
  show: says('showQueue', TAG, 'What is rendered, and what waits for it', () => ({
    200: {
      says: 'What runs; what waits, in the order in which it will start; what a person may set going again.',
      form: z.object({ running: z.array(Queued), waiting: z.array(Queued), aside: z.array(Queued) }),
    },
  })),
  place: says('placeJob', TAG, 'Put a waiting job before another of its queue, or at the end', () => ({
    202: {
      says: 'The job. It and all before it keep this order from now on, whoever’s turn it would be.',
      form: z.object({ job: z.object({ id: z.string(), priority: z.number().int() }).loose() }),
    },
  })),
}
