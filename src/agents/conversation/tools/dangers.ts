import { Invalid } from '../../../errors.ts'
import { impactInWords } from '../../../files/impact/words.ts'
import { policyOf } from '../../../projects/scan-policy.ts'
import { neighboursOf } from '../../../workspace/effects/neighbours.ts'
import { filesOf } from '../../../workspace/files.ts'
import { dangersIn, inSentences } from '../../dangers.ts'
import type { Place, ToolDeps } from './tool.ts'

/** What a person is asked about before an edit is made, and what is only said. */
export interface Weighed {
  asks: string[]
  notes: string[]
}

/** Weighs what an edit brings into a file by the project’s policy. @throws Invalid `edit_refused` for what it refuses */
export async function weighed(
  { db, blobs }: ToolDeps,
  { project }: Place,
  path: string,
  after: string,
  before: string | undefined,
): Promise<Weighed> {
  const { blocks, asks, notes } = dangersIn(path, after, await policyOf(db.read, project.id), before)
  if (blocks.length > 0)
    throw new Invalid('edit_refused', `${path} was not changed. ${inSentences(blocks).join('; ')}.`)
  const { near, broken } = await neighboursOf({ blobs }, await filesOf(db.read, project.id), {
    path,
    text: after,
    before,
  })
  const alike = near ? [`it is ${Math.floor(near.likeness * 100)} % the same as ${near.path}`] : []
  return { asks: inSentences(asks), notes: [...inSentences(notes), ...alike, ...impactInWords(broken)] }
}

/** What the model is told with an edit that was made. */
export function noted(notes: string[]): string {
  return notes.length === 0 ? '' : `\nTo note: ${notes.join('; ')}.`
}

/** What others would miss without a file. */
export async function missedWithout(
  { db, blobs }: ToolDeps,
  { project }: Place,
  path: string,
  before: string,
): Promise<string[]> {
  const files = await filesOf(db.read, project.id)
  return impactInWords((await neighboursOf({ blobs }, files, { path, text: undefined, before })).broken)
}
