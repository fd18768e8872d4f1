import { Elysia } from 'elysia'
import { changeById } from '../../changes/history.ts'
import type { HistoryApiDeps } from './history-routes.ts'

/** The pages of what was changed in a project. */
export function historyPages(deps: HistoryApiDeps) {
  return new Elysia().use(deps.guard).post('/changes/:id/reversal', async ({ params, actor }) => {
    const { scope } = await changeById(deps.read, params.id)
    await deps.db.write((tx) => deps.changes.undo(tx, params.id, { by: `person:${actor.id}` }))
    return new Response(null, { status: 303, headers: { location: `/projects/${encodeURIComponent(scope)}` } })
  })
}
