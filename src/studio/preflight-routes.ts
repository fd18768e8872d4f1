import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Blobs } from '../files/blobs.ts'
import { projectById } from '../projects/projects.ts'
import type { Guard } from '../web/guard.ts'
import { says } from '../web/openapi.ts'
import { understood } from '../web/understood.ts'
import { type PreflightDeps, preflightOf } from './preflight.ts'
import { renderInputs, renderRequest } from './request.ts'

export interface PreflightRoutesDeps extends PreflightDeps {
  blobs: Blobs
  guard: Guard
}

const Asked = z.object({
  request: renderRequest,
  inputs: renderInputs.default({}),
  /** Whose tier holds where the request names none. */
  project: z.string().max(64).optional(),
})
const Lowered = z.array(
  z.object({ what: z.string(), from: z.string(), to: z.string(), rung: z.number().int(), why: z.string() }),
)
const PreflightForm = z
  .object({
    fits: z.boolean(),
    plan: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('Engine, model, tier, params, memory, need and reason.'),
    device: z.object({ id: z.string(), name: z.string() }).nullable(),
    reason: z.string().describe('Why it is done so, or why it can’t be.'),
    code: z.string().nullable().describe('Of why it can’t be; listed in docs/errors.md.'),
    alternatives: z.array(
      z.object({
        tier: z.string(),
        fits: z.boolean(),
        steps: z.number().int().nullable(),
        expectMs: z.number().nullable().describe('Of the work itself; null: nobody knows yet.'),
        lowered: Lowered,
        reason: z.string(),
      }),
    ),
    queue: z.object({ before: z.number().int(), waitMs: z.number().int().nullable() }),
  })
  .meta({ id: 'Preflight' })

const SAYS = says('preflightRender', 'Pictures', 'Ask what would become of a render, without asking for it', () => ({
  200: {
    says: 'Whether it fits, how long it takes, what would be lowered, and how it is at each tier.',
    form: PreflightForm,
  },
}))

/** Before it is queued: whether a render fits, how long it takes, and what would be lowered. */
export function preflightRoutes(deps: PreflightRoutesDeps) {
  return new Elysia().use(deps.guard).post(
    '/api/renders/preflight',
    async ({ body }) => {
      const { project, ...asked } = understood(Asked, body)
      return preflightOf(deps, asked, project ? await projectById(deps.read, project) : null)
    },
    SAYS,
  )
}
