import { spliced } from './apply-hunks.ts'
import { type EditAnswer, type FileEdit, type Hunk, hashOf } from './edit.ts'
import type { EditFailure } from './failure.ts'
import { finder } from './find-place.ts'
import { endsWithNewline, textLines } from './lines.ts'
import { overlaps } from './overlaps.ts'
import type { Placed } from './place.ts'
import { proved } from './prove.ts'
import { readAnswer } from './read-answer.ts'
import { wholeFile } from './whole.ts'

export type Applied = { files: Map<string, string> } | { failures: EditFailure[] }

/**
 * The files with all that an answer says done in them, those alone that it changes; or why that can't be, block by block, and then
 * none of it is done. Each block is looked for in its file as it is, not as another block leaves it. What can be read in two
 * ways is a failure: nothing is guessed, and of what was done it is proved that it is what was asked for.
 */
export function applyEdits(files: ReadonlyMap<string, string>, answer: EditAnswer): Applied {
  const read = readAnswer(answer)
  if ('failures' in read) return read
  const made = new Map<string, string>()
  const failures: EditFailure[] = []
  for (const edit of read.edits) {
    const after = editFile(files.get(edit.path), edit, answer.bases?.[edit.path])
    if (typeof after === 'string') made.set(edit.path, after)
    else failures.push(...after.map((failure) => ({ path: edit.path, ...failure })))
  }
  return failures.length > 0 ? { failures } : { files: made }
}

function editFile(before: string | undefined, edit: FileEdit, base: string | undefined): string | EditFailure[] {
  if (base !== undefined && (before === undefined || hashOf(before) !== base))
    return [{ reason: 'moved_on', message: 'the file has changed since you saw it. Read it again.' }]
  if ('content' in edit) return wholeFile(before, edit)
  if (before === undefined) return [{ reason: 'unknown_file', message: UNKNOWN }]
  const creating = before === '' ? asContent(edit) : undefined
  if (creating !== undefined) return creating
  return editText(before, edit)
}

const UNKNOWN = 'there is no such file. Use a path that is there, or give a new file as a whole.'

/** Lines that are put into an empty file need no place. */
function asContent({ hunks }: { hunks: Hunk[] }): string | undefined {
  const [only, second] = hunks
  if (second || !only || 'characters' in only || only.search.length > 0 || only.replace.length === 0) return undefined
  return `${only.replace.join('\n')}\n`
}

function editText(before: string, { path, hunks }: { path: string; hunks: Hunk[] }): string | EditFailure[] {
  const text = textLines(before)
  const texts = text.lines.map(({ text }) => text)
  const shown = { lines: texts, endsWithNewline: endsWithNewline(text.lines) }
  const find = finder(path, shown, hunks)
  const found = hunks.map(find)
  const failures = found.filter((each) => 'reason' in each)
  if (failures.length > 0) return failures
  const placed = found as Placed[]
  const colliding = overlaps(placed)
  if (colliding.length > 0) return colliding.map(overlapping)
  const after = spliced(text, placed)
  return proved(text, after, placed) ? after : [{ reason: 'unproved', message: UNPROVED }]
}

const UNPROVED = 'Hearth could not prove that the edit is what you wrote. Give the whole file.'

function overlapping([one, other]: [Placed, Placed]): EditFailure {
  const [first, second] = [one.hunk.block, other.hunk.block]
  const message = `it speaks of the same lines as block ${first} (around line ${other.from + 1}). Put both into one block.`
  return { reason: 'overlap', block: second, message }
}
