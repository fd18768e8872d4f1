import type { Changes, Undoing } from '../../changes/changes.ts'
import { changeById, standingOf } from '../../changes/history.ts'
import type { Change } from '../../changes/tables.ts'
import type { Tx } from '../../db/writer.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { projectById } from '../../projects/projects.ts'

/** What is to be taken back of a project: a batch, all since a change, or these changes. */
export type Reversal = { batch: string } | { since: string } | { changes: string[] }

/**
 * Takes it back by one new change. Of a batch, what stands. In a project of the trash only what brings it back from there.
 * @throws NotFound `unknown_change`, `unknown_project`; Conflict `nothing_to_undo`, `already_undone`; Contested `changed_since`
 */
export async function reverse(
  changes: Changes,
  tx: Tx,
  project: string,
  reversal: Reversal,
  undoing: Undoing,
): Promise<Change> {
  const change = await takeBack(changes, tx, project, reversal, undoing)
  await projectById(tx, project)
  return change
}

async function takeBack(changes: Changes, tx: Tx, project: string, reversal: Reversal, undoing: Undoing) {
  if ('since' in reversal) {
    await mustBeOf(tx, project, [reversal.since])
    const { reason = 'Back to an earlier state' } = undoing
    return changes.undoSince(tx, reversal.since, { ...undoing, reason })
  }
  if ('changes' in reversal) {
    await mustBeOf(tx, project, reversal.changes)
    return changes.undo(tx, reversal.changes, undoing)
  }
  const standing = (await standingOf(tx, reversal.batch)).filter(({ scope }) => scope === project)
  if (standing.length === 0) throw nothingStands()
  return changes.undo(
    tx,
    standing.map(({ id }) => id),
    undoing,
  )
}

async function mustBeOf(tx: Tx, project: string, ids: string[]): Promise<void> {
  for (const id of ids) if ((await changeById(tx, id)).scope !== project) throw new NotFound('change', id)
}

function nothingStands(): Conflict {
  return new Conflict('nothing_to_undo', 'Nothing of this run still stands.')
}
