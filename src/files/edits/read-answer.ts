import type { EditAnswer, FileEdit } from './edit.ts'
import type { EditFailure } from './failure.ts'
import { plainEnds } from './lines.ts'
import { hasBlocks, readBlocks } from './read-blocks.ts'
import { hasHunks, readDiff } from './read-diff.ts'

export type Read = { edits: FileEdit[] } | { failures: EditFailure[] }

const NOTHING: Record<'search-replace' | 'diff', string> = {
  'search-replace': 'the answer holds no block. A block begins with the line “<<<<<<< SEARCH”.',
  diff: 'the answer holds no hunk. A hunk begins with a line “@@”.',
}

/** What an answer says, file by file; or what about its form can't be read for sure. */
export function readAnswer(answer: EditAnswer): Read {
  if (answer.format === 'whole')
    return { edits: [{ path: answer.path, content: answer.text, block: 1, creates: false }] }
  if (answer.format === 'blocks') {
    const hunks = answer.blocks.map((characters, i) => ({ block: i + 1, characters }))
    return hunks.length === 0 ? nothing('search-replace') : { edits: [{ path: answer.path, hunks }] }
  }
  const lines = plainEnds(answer.text).split('\n')
  // A model that writes the other format says as clearly what it means.
  const isDiff = answer.format === 'diff' ? hasHunks(lines) || !hasBlocks(lines) : hasHunks(lines) && !hasBlocks(lines)
  const read = isDiff ? readDiff(lines, answer.path) : readBlocks(lines, answer.path)
  return 'edits' in read && read.edits.length === 0 ? nothing(answer.format) : read
}

function nothing(format: 'search-replace' | 'diff'): Read {
  return { failures: [{ reason: 'no_edits', message: NOTHING[format] }] }
}
