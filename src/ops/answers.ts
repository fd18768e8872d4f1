import { z } from 'zod'
import { says } from '../web/openapi.ts'

const FindingForm = z
  .object({ name: z.string(), level: z.enum(['ok', 'warn', 'bad']), says: z.string() })
  .meta({ id: 'Finding' })

const TAG = 'Machine'

/** What the API for those who look after the machine says of itself. */
export const OPS_SAYS = {
  doctor: says('examineMachine', TAG, 'What Hearth needs, and how it is', () => ({
    200: { says: 'What was found.', form: z.object({ items: z.array(FindingForm) }) },
  })),
  backup: says('createBackup', TAG, 'A backup, for the machine’s own owner alone', () => ({
    200: { says: 'A tar; its last entry is manifest.json, which only a whole one has.', type: 'application/x-tar' },
  })),
  openapi: says('getOpenApi', TAG, 'This document', () => ({
    200: { says: 'OpenAPI 3.1.', form: z.record(z.string(), z.unknown()) },
  })),
}
