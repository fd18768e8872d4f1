import { Invalid } from '../../errors.ts'
import type { Blobs } from '../../files/blobs.ts'
import { type Acceptance, acceptProposal, proposalById } from '../../projects/proposals.ts'
import type { Proposal } from '../../projects/tables.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import { keepContent } from '../files.ts'
import { isInParts, textOfParts } from './proposal-view.ts'

export interface Taking extends Pick<Acceptance, 'by' | 'only' | 'choices'> {
  /** The parts that are taken, by path, from 0; of a file that isn't named, all. */
  parts?: Readonly<Record<string, readonly number[]>> | undefined
}

/**
 * Takes a proposal, or some files and places of it.
 * @throws as `acceptProposal`; Invalid `nothing_taken` also for a file of which no part is taken
 */
export async function takeProposal(
  deps: TasksDeps & { blobs: Blobs },
  id: string,
  { parts = {}, ...taken }: Taking,
): Promise<Proposal> {
  const read = deps.db.read
  const { project, edits } = await proposalById(read, id)
  const instead = new Map<string, unknown>()
  for (const edit of edits) {
    const wanted = parts[edit.id]
    if (!wanted || !isInParts(edit) || (taken.only && !taken.only.includes(edit.id))) continue
    if (wanted.length === 0)
      throw new Invalid(
        'nothing_taken',
        `No part of ${edit.id} was taken. Leave the file out, or decline the proposal.`,
      )
    const text = await textOfParts({ read, blobs: deps.blobs }, project, edit, new Set(wanted))
    instead.set(edit.id, await keepContent({ ...deps, read }, project, edit.id, text))
  }
  return deps.db.write((tx) => acceptProposal(deps, tx, id, { ...taken, instead }))
}
