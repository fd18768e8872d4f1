import type { FileEdit, LinesHunk } from './edit.ts'
import type { EditFailure } from './failure.ts'
import type { Read } from './read-answer.ts'

const HUNK = /^@@/
const OLD = /^--- (?<path>.+)$/
const NEW = /^\+\+\+ (?<path>.+)$/
const FENCE = /^(?:`{3,}|~{3,})/
/** What a diff of Git may ask for beside lines. */
const NO_EDIT: [RegExp, string][] = [
  [/^(?:deleted file mode|\+\+\+ \/dev\/null)/, 'an edit can’t delete a file'],
  [/^(?:rename|copy) (?:from|to) /, 'an edit can’t rename or copy a file'],
  [/^(?:GIT binary patch|Binary files )/, 'an edit can’t change what is no text'],
  [/^old mode /, 'an edit can’t change a file’s mode'],
]

export function hasHunks(lines: readonly string[]): boolean {
  return lines.some((line, i) => HUNK.test(line) || (OLD.test(line) && NEW.test(lines[i + 1] ?? '')))
}

/** A hunk as it is read: its sides, and what is said of the file's last newline. */
interface Side extends LinesHunk {
  path?: string
  creates: boolean
  /** The sides that end without a newline. */
  marked: { old: boolean; new: boolean }
  /** What the line before this one began with. */
  last: string
}

/**
 * A unified diff. Of its hunk heads only that they begin a hunk is believed: models miscount, so that the numbers neither
 * bound a hunk nor decide where it goes. A line of a hunk that begins with none of ` `, `+`, `-` is a failure, for it can't be told what
 * it was meant to be.
 */
export function readDiff(lines: readonly string[], path: string | undefined): Read {
  const state: Reading = { hunks: [], failures: [], path, creates: false, open: undefined }
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    const next = lines[at + 1] ?? ''
    const isHead = OLD.test(line) && NEW.test(next) && (!state.open || HUNK.test(lines[at + 2] ?? ''))
    if (isHead) {
      headOf(state, line, next, path)
      at++
      if (/^[ +-]/.test(lines[at + 1] ?? '') && !OLD.test(lines[at + 1]!)) begin(state)
    } else if (HUNK.test(line)) begin(state)
    else if (state.open && !isOutside(line)) take(state, line)
    else outside(state, line)
  }
  finish(state)
  return state.failures.length > 0 ? { failures: state.failures } : { edits: byFile(state.hunks) }
}

interface Reading {
  hunks: Side[]
  failures: EditFailure[]
  path: string | undefined
  creates: boolean
  open: Side | undefined
}

function begin(state: Reading): void {
  finish(state)
  const block = state.hunks.length + 1
  const { path, creates } = state
  state.open = { block, path, creates, search: [], replace: [], marked: { old: false, new: false }, last: '' }
  state.hunks.push(state.open)
}

/** Ends the open hunk. Blank lines at its end part it from what follows. */
function finish({ open, failures }: Reading): void {
  if (!open) return
  while (open.search.at(-1) === BLANK && open.replace.at(-1) === BLANK) {
    open.search.pop()
    open.replace.pop()
  }
  const plain = (line: string) => (line === BLANK ? '' : line)
  open.search = open.search.map(plain)
  open.replace = open.replace.map(plain)
  if (open.marked.old !== open.marked.new) open.finalNewline = open.marked.old
  if (open.search.length + open.replace.length === 0) failures.push(malformed(open.block, 'the hunk holds no line.'))
}

/** A context line that lost its space. */
const BLANK = '\0'

function take({ open, failures }: Reading, line: string): void {
  const hunk = open!
  const [sign, text] = line === '' ? [' ', BLANK] : [line[0]!, line.slice(1)]
  if (sign === ' ' || sign === '-') hunk.search.push(text)
  if (sign === ' ' || sign === '+') hunk.replace.push(text)
  if (sign === '\\') {
    hunk.marked.old ||= hunk.last !== '+'
    hunk.marked.new ||= hunk.last !== '-'
  } else if (!' +-'.includes(sign)) failures.push(malformed(hunk.block, strange(line)))
  hunk.last = sign
}

function strange(line: string): string {
  return `the line “${line.slice(0, 80)}” of the hunk begins with neither a space nor + nor -.`
}

function isOutside(line: string): boolean {
  return FENCE.test(line) || /^diff --git /.test(line) || NO_EDIT.some(([shape]) => shape.test(line))
}

function outside(state: Reading, line: string): void {
  finish(state)
  state.open = undefined
  const refused = NO_EDIT.find(([shape]) => shape.test(line))
  if (refused) state.failures.push({ reason: 'unsupported', message: `${refused[1]}. Change lines of the file only.` })
  else if (/^[+-][^\s+-]/.test(line)) state.failures.push(malformed(state.hunks.length + 1, HOMELESS))
}

const HOMELESS = 'there are changed lines outside of a hunk: each begins with a line “@@”.'

function headOf(state: Reading, old: string, young: string, path: string | undefined): void {
  finish(state)
  state.open = undefined
  const [from, to] = [nameOf(OLD.exec(old)!.groups!.path!), nameOf(NEW.exec(young)!.groups!.path!)]
  state.creates = from === undefined
  if (to === undefined) state.failures.push({ reason: 'unsupported', message: `${NO_EDIT[0]![1]}.` })
  else if (from !== undefined && from !== to)
    state.failures.push({ reason: 'unsupported', message: `${NO_EDIT[1]![1]}.` })
  else state.path = path !== undefined && isOf(path, to) ? path : to
}

/** A path without what Git puts before it and `diff` after it; undefined for none. */
function nameOf(said: string): string | undefined {
  const path = said
    .replace(/\t.*$/, '')
    .trim()
    .replace(/^"(.*)"$/, '$1')
  return path === '/dev/null' ? undefined : path.replace(/^(?:[ab]|\.)\//, '')
}

/** True when a head may leave out the folders of the one file that was asked about. */
function isOf(path: string, said: string): boolean {
  return path === said || path.endsWith(`/${said}`) || path === said.replace(/^[ab]\//, '')
}

function malformed(block: number, message: string): EditFailure {
  return { reason: 'malformed', message, block }
}

function byFile(hunks: Side[]): FileEdit[] {
  const files = Map.groupBy(hunks, ({ path }) => path ?? '')
  return [...files].map(([path, of]): FileEdit => {
    const [first] = of
    if (first!.creates) return { path, block: first!.block, creates: true, content: contentOf(of) }
    return {
      path,
      hunks: of.map(({ block, search, replace, finalNewline }) => ({ block, search, replace, finalNewline })),
    }
  })
}

function contentOf(hunks: Side[]): string {
  const lines = hunks.flatMap(({ replace }) => replace)
  return lines.join('\n') + (hunks.at(-1)!.marked.new ? '' : '\n')
}
