import { z } from 'zod'
import { ContestedForm } from '../../changes/contest-answer.ts'
import { says } from '../../web/openapi.ts'

const ProposalForm = z
  .object({
    id: z.string(),
    project: z.string(),
    task: z.string(),
    job: z.string(),
    by: z.string(),
    reason: z.string(),
    edits: z.array(
      z.object({
        do: z.enum(['put', 'delete']),
        entity: z.string(),
        id: z.string().describe('The path of a file.'),
        baseVersion: z.number().int().describe('The version that it was made against; 0: there was none.'),
        state: z.unknown(),
      }),
    ),
    state: z.enum(['proposed', 'accepted', 'declined']),
    change: z.string().nullable(),
    note: z.string(),
    decidedBy: z.string().nullable(),
    at: z.number().int().describe('ms since the epoch'),
    decidedAt: z.number().int().nullable(),
  })
  .meta({ id: 'Proposal' })

const TAG = 'Proposals'
const one = z.object({ proposal: ProposalForm })

/** What the API of proposals says of itself. */
export const PROPOSAL_SAYS = {
  list: says('listProposals', TAG, 'What agents have made and a person must say yes to', () => ({
    200: { says: 'Those that wait, the oldest first.', form: z.object({ items: z.array(ProposalForm) }) },
  })),
  get: says('getProposal', TAG, 'A proposal', () => ({ 200: { says: 'The proposal.', form: one } })),
  accept: says('acceptProposal', TAG, 'Apply a proposal, whole or in parts', () => ({
    201: { says: 'The proposal, with the change that it became.', form: one },
    409: {
      says: 'Others have changed the same since. Send it again with a choice for each place, as `choices`.',
      form: ContestedForm,
      type: 'application/problem+json',
    },
  })),
  decline: says('declineProposal', TAG, 'Drop a proposal; with words, its task is done again', () => ({
    201: { says: 'The proposal.', form: one },
  })),
}
