import { Elysia } from 'elysia'
import { z } from 'zod'
import { Forbidden } from '../../errors.ts'
import type { Guard } from '../../web/guard.ts'
import { DEVICES_SAY } from './answers.ts'
import { type ForgetDeps, forgetLearned } from './learned.ts'

export interface LearnedRoutesDeps extends ForgetDeps {
  door: Guard
}

const Query = z.object({ model: z.string().max(200).optional().describe('All of them where it is left out.') })

/** The API of what earlier renders took. The owner has it forgotten: after a repair, or with another driver. */
export const learnedRoutes = (deps: LearnedRoutesDeps) =>
  new Elysia({ name: 'learned' }).use(deps.door).delete(
    '/api/gpu/learned',
    ({ query, actor }) => {
      if (!actor.scopes.includes('admin'))
        throw new Forbidden('owner_only', 'Only the owner has it forgotten what renders took.')
      return forgetLearned(deps, query.model)
    },
    { query: Query, ...DEVICES_SAY.forget },
  )
