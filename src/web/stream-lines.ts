import { z } from 'zod'
import type { Answer } from './openapi.ts'

const LineForm = z
  .looseObject({
    type: z
      .string()
      .describe(
        'What happened, as `file.written`; or `heartbeat`, `progress`, `delta`, `preview`, `state`, `lagged`, `reset`.',
      ),
    at: z.number().int().describe('ms since the epoch'),
    seq: z.number().int().optional().describe('Only of what is kept for ever: its place in the log.'),
    prev: z.number().int().optional().describe('The seq of the line before it in this stream; 0 for the first.'),
    job: z.string().optional(),
    kind: z.string().optional(),
    attempt: z.number().int().optional(),
    elapsed: z.number().optional().describe('Seconds since the job started.'),
  })
  .meta({ id: 'Line' })

/** What a stream of events answers. */
export function eventStream(): Answer {
  return {
    says: 'One JSON object a line, a heartbeat each second; open while work is running. The last line says why it ends.',
    form: LineForm,
    type: 'application/x-ndjson',
  }
}
