import { standingOf } from '../../changes/history.ts'
import type { Change } from '../../changes/tables.ts'
import { Conflict } from '../../errors.ts'
import { jobById } from '../../jobs/jobs.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import { messageById } from './messages.ts'

/**
 * Takes back all that an answer has changed: all of it or nothing.
 * @throws NotFound `unknown_message`; Conflict `nothing_to_undo`, `changed_since`, `answer_under_way`
 */
export function undoAnswer(deps: TasksDeps, id: string, by: string): Promise<Change> {
  return deps.db.write(async (tx) => {
    const { job: answer } = await messageById(tx, id)
    const job = answer === null ? undefined : await jobById(tx, answer)
    if (job?.state === 'running' || job?.state === 'queued' || job?.state === 'held' || job?.state === 'paused')
      throw new Conflict('answer_under_way', 'The answer is not at its end. Stop it first, then undo what it did.')
    const made = answer === null ? [] : await standingOf(tx, answer)
    if (made.length === 0) throw new Conflict('nothing_to_undo', 'Nothing that this answer has changed still stands.')
    return deps.changes.undo(
      tx,
      made.map((change) => change.id),
      { by },
    )
  })
}
