import { Invalid } from '../../../errors.ts'
import { policyOf } from '../../../projects/scan-policy.ts'
import { dangersIn, inSentences } from '../../dangers.ts'
import type { Place, ToolDeps } from './tool.ts'

/** What a person is asked about before an edit is made, and what is only said. */
export interface Weighed {
  asks: string[]
  notes: string[]
}

/** Weighs what an edit brings into a file by the project’s policy. @throws Invalid `edit_refused` for what it refuses */
export async function weighed(
  { db }: ToolDeps,
  { project }: Place,
  path: string,
  after: string,
  before: string | undefined,
): Promise<Weighed> {
  const { blocks, asks, notes } = dangersIn(path, after, await policyOf(db.read, project.id), before)
  if (blocks.length > 0)
    throw new Invalid('edit_refused', `${path} was not changed. ${inSentences(blocks).join('; ')}.`)
  return { asks: inSentences(asks), notes: inSentences(notes) }
}

/** What the model is told with an edit that was made. */
export function noted(notes: string[]): string {
  return notes.length === 0 ? '' : `\nTo note: ${notes.join('; ')}.`
}
