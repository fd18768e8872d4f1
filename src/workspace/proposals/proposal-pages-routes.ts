import { Elysia } from 'elysia'
import { choicesIn } from '../../changes/choices.ts'
import { Contested } from '../../changes/contest.ts'
import { PROPOSAL_WORDS } from '../../changes/contest-view.ts'
import { DomainError } from '../../errors.ts'
import { projectById } from '../../projects/projects.ts'
import { declineProposal, openProposals, proposalById } from '../../projects/proposals.ts'
import { shellFor } from '../../projects/shell.ts'
import type { Proposal } from '../../projects/tables.ts'
import type { Actor } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { conflictPage } from '../history/conflict.ts'
import { takeProposal } from './accept.ts'
import { proposalView } from './proposal-view.ts'
import type { ProposalRoutesDeps } from './routes.ts'

const LONGEST_NOTE = 4_000

/** The page on which a person says yes to what agents have made, or what should be different. */
export function proposalPages(deps: ProposalRoutesDeps) {
  return new Elysia()
    .use(deps.guard)
    .get('/projects/:id/proposals', ({ request, params, actor }) => shown(deps, { request, actor }, params.id))
    .post('/proposals/:id/acceptance', async ({ request, params, body, actor }) => {
      const proposal = await proposalById(deps.read, params.id)
      const sent = { request, actor, body }
      return decided(deps, sent, proposal, async () => {
        const taken = { ...takenIn(pathsOf(proposal), body), choices: choicesIn(body), by: personOf(actor) }
        await takeProposal(deps, proposal.id, taken)
      })
    })
    .post('/proposals/:id/refusal', async ({ request, params, body, actor }) => {
      const proposal = await proposalById(deps.read, params.id)
      const refusal = { by: personOf(actor), note: noteIn(body) }
      return decided(deps, { request, actor, body }, proposal, () =>
        deps.db.write((tx) => declineProposal(deps, tx, proposal.id, refusal)),
      )
    })
}

interface Asked {
  request: Request
  actor: Actor
}

async function shown(deps: ProposalRoutesDeps, { request, actor }: Asked, id: string, error?: DomainError) {
  const { title } = await projectById(deps.read, id)
  const proposals = await Promise.all((await openProposals(deps.read, id)).map((each) => proposalView(deps, each)))
  const shell = await shellFor(deps, actor, `Proposals · ${title}`, id)
  const data = { shell, project: { id, title }, proposals, error: error ?? null }
  return page(request, 'workspace/proposals', data, { status: error ? statusOf(error) : 200 })
}

/** Decides, and goes on to what is left; or shows what has to be decided first, or what was wrong. */
async function decided(
  deps: ProposalRoutesDeps,
  sent: Asked & { body: unknown },
  proposal: Proposal,
  act: () => Promise<unknown>,
): Promise<Response> {
  const { project } = proposal
  try {
    await act()
  } catch (error) {
    if (error instanceof Contested) return contested(deps, sent, proposal, error)
    if (!(error instanceof DomainError)) throw error
    return shown(deps, sent, project, error)
  }
  const left = await openProposals(deps.read, project)
  const location = left.length > 0 ? proposalsUrl(project) : `/projects/${project}`
  return new Response(null, { status: 303, headers: { location } })
}

/** Both sides of what others have changed since; what was ticked is sent along. */
async function contested(
  deps: ProposalRoutesDeps,
  { request, actor, body }: Asked & { body: unknown },
  proposal: Proposal,
  error: Contested,
): Promise<Response> {
  const { id, title } = await projectById(deps.read, proposal.project)
  const data = await conflictPage(deps, error, {
    project: { id, title },
    title: 'What is to stand?',
    message: 'What was proposed was changed by others in the same places since. Look at both, and choose.',
    words: PROPOSAL_WORDS,
    body,
    action: `/proposals/${proposal.id}/acceptance`,
    hidden: ['file', 'inParts', 'part'].flatMap((name) =>
      listed(body, name).map((value): [string, string] => [name, value]),
    ),
    typed: null,
    back: { url: proposalsUrl(id), words: 'Back to the proposals' },
    send: 'Take it, with this',
  })
  const shell = await shellFor(deps, actor, `Proposals · ${title}`, id)
  return page(request, 'workspace/conflict', { ...data, shell }, { status: 409 })
}

/** What of the files is ticked in the form: `file` holds paths, `part` the numbers of parts before their paths. */
function takenIn(paths: string[], body: unknown): { only: string[]; parts: Record<string, number[]> } {
  const ticked = new Set(listed(body, 'file'))
  const only = paths.filter((path) => ticked.has(path))
  const inParts = new Set(listed(body, 'inParts'))
  const parts: Record<string, number[]> = {}
  for (const path of only.filter((each) => inParts.has(each)))
    parts[path] = listed(body, 'part').flatMap((part) => {
      const [nth, ...rest] = part.split(' ')
      return rest.join(' ') === path ? Number(nth) : []
    })
  return { only, parts }
}

function listed(body: unknown, name: string): string[] {
  const fields = (body ?? {}) as Record<string, unknown>
  return [fields[name] ?? []].flat().map(String)
}

function noteIn(body: unknown): string | undefined {
  const { note } = (body ?? {}) as { note?: unknown }
  return typeof note === 'string' ? note.slice(0, LONGEST_NOTE) : undefined
}

function pathsOf({ edits }: Proposal): string[] {
  return edits.map(({ id }) => id)
}

function proposalsUrl(project: string): string {
  return `/projects/${encodeURIComponent(project)}/proposals`
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}
