import { type Merged, type Merging, mergeExistence, mergeText, mergeValue } from '../changes/merge.ts'
import type { Tx } from '../db/writer.ts'
import { Invalid } from '../errors.ts'
import type { BlobRef, Blobs } from '../files/blobs.ts'

/** The field that stands for a file's content. */
export const CONTENT = 'content'

/** Texts of files, as a transaction reads and keeps them. */
export type Texts = Pick<Blobs, 'readIn' | 'putIn'>

/** Merges two contents that were made from one: texts line by line; of anything else, what one side alone has changed. */
export async function mergeFiles(texts: Texts, tx: Tx, states: Merging<BlobRef>): Promise<Merged<BlobRef>> {
  const { base, mine, theirs } = states
  if (base === null || mine === null || theirs === null) return mergeExistence(states)
  const whole = mergeValue(CONTENT, [base, mine, theirs], { ...states, choose: () => undefined })
  if ('value' in whole) return { state: whole.value as BlobRef }
  const [from, my, their] = [
    await textIn(texts, tx, base),
    await textIn(texts, tx, mine),
    await textIn(texts, tx, theirs),
  ]
  if (from === undefined || my === undefined || their === undefined) {
    const chosen = mergeValue(CONTENT, [base, mine, theirs], states)
    return 'value' in chosen ? { state: chosen.value as BlobRef } : { disputes: [chosen.dispute] }
  }
  const merged = mergeText(CONTENT, [from, my, their], states)
  if ('value' in merged) return { state: await texts.putIn(tx, merged.value, { like: theirs.hash }) }
  return { disputes: [{ ...whole.dispute, regions: merged.dispute.regions! }] }
}

/** Undefined where the content is no text, or too long to be merged as one. */
async function textIn(texts: Texts, tx: Tx, { hash }: BlobRef): Promise<string | undefined> {
  try {
    return await texts.readIn(tx, hash)
  } catch (error) {
    if (error instanceof Invalid) return undefined
    throw error
  }
}
