import { Elysia } from 'elysia'
import { z } from 'zod'
import { Choices } from '../../changes/choices.ts'
import { Contested } from '../../changes/contest.ts'
import { contestedResponse } from '../../changes/contest-answer.ts'
import type { Database } from '../../db/open.ts'
import type { Blobs } from '../../files/blobs.ts'
import { projectById } from '../../projects/projects.ts'
import { declineProposal, openProposals, proposalById } from '../../projects/proposals.ts'
import type { ShellDeps } from '../../projects/shell.ts'
import type { Proposal } from '../../projects/tables.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import type { Highlighter } from '../highlight/highlighter.ts'
import { tellContests } from '../history/contested-files.ts'
import { type Taking, takeProposal } from './accept.ts'
import { PROPOSAL_SAYS } from './answers.ts'
import { proposalPages } from './proposal-pages-routes.ts'

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
function ofProposal(deps: ProposalRoutesDeps) {
  return { transform: async ({ params }: { params: { id: string } }) => void (await shownProposal(deps, params.id)) }
}

/** @throws NotFound `unknown_proposal`, `unknown_project`: of a project in the trash nothing is shown */
async function shownProposal({ read }: ProposalRoutesDeps, id: string): Promise<Proposal> {
  const proposal = await proposalById(read, id)
  await projectById(read, proposal.project)
  return proposal
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
      async ({ params }) => ({ proposal: await shownProposal(deps, params.id) }),
      PROPOSAL_SAYS.get,
    )
    .post(
      '/proposals/:id/acceptance',
      async ({ params, body, actor, set }) => {
        set.status = 201
        return accepted(deps, params.id, { ...body, by: personOf(actor) })
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

/** The proposal as it became; 409 with both sides where others have changed the same since. */
async function accepted(deps: ProposalRoutesDeps, id: string, taking: Taking) {
  try {
    return { proposal: await takeProposal(deps, id, taking) }
  } catch (error) {
    if (!(error instanceof Contested)) throw error
    const { project } = await proposalById(deps.read, id)
    return contestedResponse(error, 409, await tellContests(deps, project, error.contests))
  }
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}
