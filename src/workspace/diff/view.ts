import { type Diff, diffTexts, type LineEnds, lineEndsOf } from '../../files/diff/diff.ts'
import { AROUND, hunksOf, type Row, sameRows, sideBySide } from '../../files/diff/hunks.ts'
import { kindOf, languageOf } from '../../files/languages.ts'
import { type Colours, type Highlighter, PLAIN } from '../highlight/highlighter.ts'
import { paintLine } from '../highlight/paint.ts'

/** One of the two that are compared: a version of a file, or a text that is none yet. */
export interface Side {
  /** What stands above it: `version 3`, `yours`. */
  label: string
  /** Names the content: its blob's hash, or any other key that no other content has. */
  key: string
  bytes: number
  /** Null when it can't be shown as text. */
  text: string | null
  /** The page that shows it; its lines are `#L12` there. Without, numbers are no links. */
  url?: string
  /** Its bytes, for a picture. */
  rawUrl?: string
}

export interface DiffViewOptions {
  view?: 'split' | 'inline'
  /** Lines that stay, shown around those that change; Infinity shows all. */
  around?: number
  ignoreSpace?: boolean
  /** Where the lines that are left out can be had: all of it as a page, and some of it, by the new text's numbers, as a part. */
  more?: { page: string; part(from: number, to: number): string }
}

/** A line as it is drawn. */
export interface DrawnRow {
  sign: Row['sign']
  old: number | null
  young: number | null
  /** Safe. */
  html: string
  /** Of a line that counts as the same: what it was, where its spaces differ. */
  wasHtml: string
  spacing: boolean
  /** What is to be said of the end of the line: that it has none, or which it has now. */
  end: string
}

/** Lines that are left out. */
export interface Gap {
  lines: number
  page: string | null
  part: string | null
}

/** What changed together: lines that stay, or lines that go with those that come. `pairs` are the same lines side by side. */
export interface Part {
  same: boolean
  rows: DrawnRow[]
  pairs: [DrawnRow | null, DrawnRow | null][]
}

/** A diff of one file as `views/workspace/_diff.eta` draws it. */
export interface DiffView {
  path: string
  kind: 'text' | 'picture' | 'binary'
  view: 'split' | 'inline'
  /** Null where there is none: it was added, or removed. */
  before: Omit<Side, 'text'> | null
  after: Omit<Side, 'text'> | null
  added: number
  removed: number
  notes: string[]
  hunks: { gap: Gap | null; parts: Part[] }[]
  gap: Gap | null
}

/** What differs between two sides of a file, at most one of them null, ready to be drawn. */
export async function diffView(
  highlighter: Highlighter,
  path: string,
  before: Side | null,
  after: Side | null,
  { view = 'split', around = AROUND, ignoreSpace = false, more }: DiffViewOptions = {},
): Promise<DiffView> {
  const sides = { before: before && withoutText(before), after: after && withoutText(after) }
  const empty = { path, view, ...sides, added: 0, removed: 0, notes: [], hunks: [], gap: null }
  if ([before, after].some((side) => side && side.text === null))
    return { ...empty, kind: kindOf(path) === 'picture' ? 'picture' : 'binary', notes: sameBytes(before, after) }
  const diff = diffTexts(before?.text ?? '', after?.text ?? '', { ignoreSpace })
  const draw = await drawer(highlighter, path, diff, before, after)
  const { hunks, skipped, left } = hunksOf(diff, around)
  let at = 1
  const drawn = hunks.map(({ rows, skipped }) => {
    const gap = gapOf(skipped, at, more)
    at = (rows.findLast(({ young }) => young !== null)?.young ?? at + skipped - 1) + 1
    return { gap, parts: partsOf(rows, draw) }
  })
  return {
    ...empty,
    kind: 'text',
    added: diff.added,
    removed: diff.removed,
    notes: notesOf(diff, left, ignoreSpace),
    hunks: drawn,
    gap: hunks.length > 0 ? gapOf(skipped, at, more) : null,
  }
}

/** Lines that were left out of a diff, those that are the same, by the new text's numbers from 1. */
export async function partOfDiff(
  highlighter: Highlighter,
  path: string,
  before: Side | null,
  after: Side | null,
  {
    from,
    to,
    view = 'split',
    ignoreSpace = false,
  }: { from: number; to: number; view?: 'split' | 'inline'; ignoreSpace?: boolean },
): Promise<{ view: 'split' | 'inline'; before: Side | null; after: Side | null; parts: Part[] }> {
  const diff = diffTexts(before?.text ?? '', after?.text ?? '', { ignoreSpace })
  const draw = await drawer(highlighter, path, diff, before, after)
  return { view, before, after, parts: partsOf(sameRows(diff, from, to), draw) }
}

type Draw = (row: Row) => DrawnRow

async function drawer(
  highlighter: Highlighter,
  path: string,
  diff: Diff,
  before: Side | null,
  after: Side | null,
): Promise<Draw> {
  const language = languageOf(path)
  const colours = (side: Side | null, lines: string[]): Promise<Colours> | Colours =>
    side ? highlighter.colours(language, side.key, lines.map(withoutEnd)) : PLAIN
  const old = await colours(before, diff.before)
  const young = await colours(after, diff.after)
  return (row) => {
    const { sign, marks, text, was, spacing } = row
    const own = row.young === null ? old.of(row.old! - 1) : young.of(row.young - 1)
    const html = paintLine(text, own, marks)
    return {
      sign,
      old: row.old,
      young: row.young,
      html,
      wasHtml: was === undefined ? html : paintLine(was, old.of(row.old! - 1)),
      spacing,
      end: endWords(row),
    }
  }
}

function endWords({ sign, end, marks, spacing }: Row): string {
  if (end === '') return 'no line end'
  if (sign === ' ' || !spacing || marks.length > 0) return ''
  return end === '\n' ? 'LF' : 'CR LF'
}

function partsOf(rows: readonly Row[], draw: Draw): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < rows.length; ) {
    const same = rows[at]!.sign === ' '
    const from = at
    while (at < rows.length && (rows[at]!.sign === ' ') === same) at++
    const run = rows.slice(from, at)
    const drawn = new Map(run.map((row) => [row, draw(row)]))
    const of = (row: Row | null) => row && drawn.get(row)!
    parts.push({
      same,
      rows: [...drawn.values()],
      pairs: sideBySide(run).map(([left, right]): Part['pairs'][number] => [of(left), of(right)]),
    })
  }
  return parts
}

function gapOf(lines: number, from: number, more: DiffViewOptions['more']): Gap | null {
  if (lines === 0) return null
  return { lines, page: more?.page ?? null, part: more?.part(from, from + lines - 1) ?? null }
}

function notesOf(diff: Diff, left: number, ignoreSpace: boolean): string[] {
  const [old, young] = [lineEndsOf(diff.before), lineEndsOf(diff.after)]
  const turned = diff.before.length > 0 && diff.after.length > 0 && old.ends !== young.ends
  return [
    ...(diff.runs.length > 0 ? [] : [ignoreSpace ? 'Nothing differs but space.' : 'Nothing differs.']),
    ...(turned && young.ends !== 'none' && old.ends !== 'none'
      ? [`Its lines ended with ${ENDS[old.ends]}, and end with ${ENDS[young.ends]} now.`]
      : []),
    ...(diff.coarse
      ? [
          'The two differ too much to be compared line by line to the end: what moved may be shown as removed and added.',
        ]
      : []),
    ...(left > 0 ? [`${left} more lines that go or come are not shown here.`] : []),
  ]
}

const ENDS: Record<LineEnds['ends'], string> = {
  none: 'none',
  lf: 'LF',
  crlf: 'CR LF',
  mixed: 'some LF and some CR LF',
}

function sameBytes(before: Side | null, after: Side | null): string[] {
  return before && after && before.key === after.key ? ['Nothing differs.'] : []
}

function withoutText({ text: _, ...side }: Side): Omit<Side, 'text'> {
  return side
}

function withoutEnd(line: string): string {
  return line.replace(/\r?\n$/, '')
}
