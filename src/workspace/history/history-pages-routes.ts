import { Elysia } from 'elysia'
import { z } from 'zod'
import { choicesIn } from '../../changes/choices.ts'
import { Contested } from '../../changes/contest.ts'
import { UNDO_WORDS } from '../../changes/contest-view.ts'
import { changeById } from '../../changes/history.ts'
import { changeUrl } from '../../changes/lasts.ts'
import type { Change } from '../../changes/tables.ts'
import { projectById } from '../../projects/projects.ts'
import { type ShellDeps, shellFor } from '../../projects/shell.ts'
import type { Actor } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { changesUrl } from '../urls.ts'
import { changePage, type HistoryDeps } from './change-page.ts'
import { conflictPage } from './conflict.ts'
import type { HistoryApiDeps } from './history-routes.ts'
import { historyPage } from './page.ts'
import { type Reversal, reverse } from './reverse.ts'
import { undoPage } from './undo-page.ts'

export interface HistoryPagesDeps extends HistoryApiDeps, HistoryDeps, ShellDeps {}

const Name = z
  .preprocess((given) => (given === '' ? undefined : given), z.string().max(2_000).optional())
  .catch(undefined)
const HistoryQuery = z.object({ entity: Name, id: Name, by: Name, job: Name, batch: Name, before: Name })
const From = z.object({ from: z.coerce.number().int().min(0).default(0) })
const Wanted = z.object({ batch: Name, since: Name })
const Sent = z.looseObject({
  batch: Name,
  since: Name,
  reason: z.preprocess((given) => (given === '' ? undefined : given), z.string().max(500).optional()).catch(undefined),
  /** Where to go on: to the history, else to where changes are undone from. */
  back: z.enum(['history', 'change']).optional().catch(undefined),
})

/** The pages of what was changed in a project, and of taking it back. */
export function historyPages(deps: HistoryPagesDeps) {
  return new Elysia()
    .use(deps.guard)
    .get(
      '/projects/:id/history',
      async ({ params, query, request, actor }) => {
        const data = await historyPage(deps.read, params.id, query)
        const shell = await shellFor(deps, actor, `History · ${data.project.title}`, data.project.id)
        return page(request, 'workspace/history', { ...data, shell })
      },
      { query: HistoryQuery },
    )
    .get(
      '/changes/:id',
      async ({ params, query, request, actor }) => {
        const data = await changePage(deps, params.id, query.from)
        const shell = await shellFor(deps, actor, `A change · ${data.project.title}`, data.project.id)
        return page(request, 'workspace/change', { ...data, shell })
      },
      { query: From },
    )
    .get('/changes/:id/reversal', async ({ params, request, actor }) => {
      const { scope } = await changeById(deps.read, params.id)
      return previewed(deps, request, actor, scope, { changes: [params.id] })
    })
    .get(
      '/projects/:id/reversals',
      ({ params, query, request, actor }) => previewed(deps, request, actor, params.id, wantedIn(query)),
      { query: Wanted },
    )
    .post('/changes/:id/reversal', async ({ params, body, request, actor }) => {
      const { scope } = await changeById(deps.read, params.id)
      return taken(deps, { request, actor, body, project: scope, reversal: { changes: [params.id] } })
    })
    .post('/projects/:id/reversals', ({ params, body, request, actor }) =>
      taken(deps, { request, actor, body, project: params.id, reversal: wantedIn(Sent.parse(body ?? {})) }),
    )
}

/** A form says one of them. */
function wantedIn({ batch, since }: { batch?: string | undefined; since?: string | undefined }): Reversal {
  if (since !== undefined) return { since }
  return { batch: batch ?? '' }
}

interface Asked {
  request: Request
  actor: Actor
  body: unknown
  project: string
  reversal: Reversal
}

/** Takes it back, or shows what has to be decided first. */
async function taken(deps: HistoryPagesDeps, asked: Asked): Promise<Response> {
  const { actor, body, reversal } = asked
  const { id: project } = await projectById(deps.read, asked.project)
  const { reason, back } = Sent.parse(body ?? {})
  const undoing = { by: personOf(actor), reason, choices: choicesIn(body) }
  try {
    const change = await deps.db.write((tx) => reverse(deps.changes, tx, project, reversal, undoing))
    return seeOther(placeAfter(change, back))
  } catch (error) {
    if (!(error instanceof Contested)) throw error
    return contested(deps, { ...asked, project }, error)
  }
}

function placeAfter({ id, scope }: Change, back: 'history' | 'change' | undefined): string {
  if (back === 'history') return changesUrl(scope)
  return back === 'change' ? changeUrl(id) : `/projects/${encodeURIComponent(scope)}`
}

async function previewed(
  deps: HistoryPagesDeps,
  request: Request,
  actor: Actor,
  project: string,
  reversal: Reversal,
): Promise<Response> {
  try {
    const data = await undoPage(deps, project, reversal, personOf(actor))
    const shell = await shellFor(deps, actor, `Undo · ${data.project.title}`, data.project.id)
    return page(request, 'workspace/undo', { ...data, ...formOf(reversal, data.project.id), shell })
  } catch (error) {
    if (!(error instanceof Contested)) throw error
    return contested(deps, { request, actor, body: {}, project, reversal }, error)
  }
}

async function contested(deps: HistoryPagesDeps, asked: Asked, error: Contested): Promise<Response> {
  const { request, actor, body, reversal } = asked
  const { id, title } = await projectById(deps.read, asked.project)
  const { reason } = Sent.parse(body ?? {})
  const { action, hidden } = formOf(reversal, id)
  const data = await conflictPage(deps, error, {
    project: { id, title },
    title: 'What is to stand?',
    words: UNDO_WORDS,
    body,
    action,
    hidden: [...hidden, ['back', 'change'], ...(reason ? [['reason', reason] as [string, string]] : [])],
    typed: null,
    back: { url: changesUrl(id), words: 'Leave all as it is' },
    send: 'Undo, with this',
  })
  const shell = await shellFor(deps, actor, `Undo · ${title}`, id)
  return page(request, 'workspace/conflict', { ...data, shell }, { status: request.method === 'GET' ? 200 : 409 })
}

/** Where a reversal is posted to, and with what. */
function formOf(reversal: Reversal, project: string): { action: string; hidden: [string, string][] } {
  if ('changes' in reversal) return { action: `${changeUrl(reversal.changes[0]!)}/reversal`, hidden: [] }
  const action = `/projects/${encodeURIComponent(project)}/reversals`
  return { action, hidden: Object.entries(reversal) as [string, string][] }
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}
