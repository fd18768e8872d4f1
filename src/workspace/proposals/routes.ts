import { Elysia } from 'elysia'
import { z } from 'zod'
import { Choices } from '../../changes/choices.ts'
import type { Database } from '../../db/open.ts'
import { DomainError } from '../../errors.ts'
import type { Blobs } from '../../files/blobs.ts'
import { projectById } from '../../projects/projects.ts'
import { declineProposal, openProposals, proposalById } from '../../projects/proposals.ts'
import { type ShellDeps, shellFor } from '../../projects/shell.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import type { Highlighter } from '../highlight/highlighter.ts'
import { takeProposal } from './accept.ts'
import { PROPOSAL_SAYS } from './answers.ts'
import { proposalView } from './proposal-view.ts'

export interface ProposalRoutesDeps extends TasksDeps, ShellDeps {
  db: Database
  blobs: Blobs
  guard: Guard
  highlighter: Highlighter
}

const Taken = z
  .object({
    only: z.array(z.string().max(1_024)).max(10_000).optional(),
    parts: z.record(z.string(), z.array(z.number().int().min(0)).max(100_000)).optional(),
    choices: Choices.optional(),
  })
  .optional()
const Note = z.object({ note: z.string().max(4_000).optional() }).optional()

/** What agents have made and a person must say yes to. */
export function proposalRoutes(deps: ProposalRoutesDeps) {
  return new Elysia().use(proposalApi(deps)).use(proposalPages(deps))
}

/** Before its body is looked at: whoever names no proposal hears of that. */
function ofProposal({ read }: ProposalRoutesDeps) {
  return { transform: async ({ params }: { params: { id: string } }) => void (await proposalById(read, params.id)) }
}

function proposalApi(deps: ProposalRoutesDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .get(
      '/projects/:id/proposals',
      async ({ params }) => ({ items: await openProposals(deps.read, (await projectById(deps.read, params.id)).id) }),
      PROPOSAL_SAYS.list,
    )
    .get(
      '/proposals/:id',
      async ({ params }) => ({ proposal: await proposalById(deps.read, params.id) }),
      PROPOSAL_SAYS.get,
    )
    .post(
      '/proposals/:id/acceptance',
      async ({ params, body, actor, set }) => {
        const proposal = await takeProposal(deps, params.id, { ...body, by: personOf(actor) })
        set.status = 201
        return { proposal }
      },
      { body: Taken, ...ofProposal(deps), ...PROPOSAL_SAYS.accept },
    )
    .post(
      '/proposals/:id/refusal',
      async ({ params, body, actor, set }) => {
        const refusal = { note: body?.note, by: personOf(actor) }
        const proposal = await deps.db.write((tx) => declineProposal(deps, tx, params.id, refusal))
        set.status = 201
        return { proposal }
      },
      { body: Note, ...ofProposal(deps), ...PROPOSAL_SAYS.decline },
    )
}

function proposalPages(deps: ProposalRoutesDeps) {
  const shown = async (request: Request, actor: Actor, id: string, error?: DomainError) => {
    const { title } = await projectById(deps.read, id)
    const proposals = await Promise.all((await openProposals(deps.read, id)).map((each) => proposalView(deps, each)))
    const shell = await shellFor(deps, actor, `Proposals · ${title}`, id)
    const data = { shell, project: { id, title }, proposals, error: error ?? null }
    return page(request, 'workspace/proposals', data, { status: error ? statusOf(error) : 200 })
  }
  const decided = async (request: Request, actor: Actor, id: string, act: () => Promise<unknown>) => {
    const { project } = await proposalById(deps.read, id)
    try {
      await act()
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      return shown(request, actor, project, error)
    }
    const left = await openProposals(deps.read, project)
    const location = left.length > 0 ? `/projects/${project}/proposals` : `/projects/${project}`
    return new Response(null, { status: 303, headers: { location } })
  }
  return new Elysia()
    .use(deps.guard)
    .get('/projects/:id/proposals', ({ request, params, actor }) => shown(request, actor, params.id))
    .post('/proposals/:id/acceptance', ({ request, params, body, actor }) =>
      decided(request, actor, params.id, async () => {
        const { edits } = await proposalById(deps.read, params.id)
        const taken = takenIn(
          edits.map(({ id }) => id),
          body,
        )
        await takeProposal(deps, params.id, { ...taken, by: personOf(actor) })
      }),
    )
    .post('/proposals/:id/refusal', ({ request, params, body, actor }) =>
      decided(request, actor, params.id, () => {
        const note = Note.safeParse(body ?? {}).data?.note
        return deps.db.write((tx) => declineProposal(deps, tx, params.id, { by: personOf(actor), note }))
      }),
    )
}

/** What of the files is ticked in the form: `file` holds paths, `part` the numbers of parts before their paths. */
function takenIn(paths: string[], body: unknown): { only: string[]; parts: Record<string, number[]> } {
  const fields = (body ?? {}) as Record<string, unknown>
  const listed = (name: string) => [fields[name] ?? []].flat().map(String)
  const only = paths.filter((path) => listed('file').includes(path))
  const inParts = new Set(listed('inParts'))
  const parts: Record<string, number[]> = {}
  for (const path of only.filter((each) => inParts.has(each)))
    parts[path] = listed('part').flatMap((part) => {
      const [nth, ...rest] = part.split(' ')
      return rest.join(' ') === path ? Number(nth) : []
    })
  return { only, parts }
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}
