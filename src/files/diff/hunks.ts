import { type Diff, endOf, withoutSpace } from './diff.ts'
import { matesOf } from './mates.ts'
import type { Run } from './runs.ts'
import { type Mark, markWords } from './words.ts'

/** One line of a diff as it is shown. */
export interface Row {
  sign: ' ' | '-' | '+'
  /** Its number in each text, from 1; null where it isn't. */
  old: number | null
  young: number | null
  /** Without its end. */
  text: string
  end: '' | '\n' | '\r\n'
  /** Of a line that counts as the same though its spaces differ: what it was. */
  was?: string
  /** The parts of it that the line in its place, on the other side, doesn't have. */
  marks: Mark[]
  /** That line's number. */
  mate: number | null
  /** It differs from that line in nothing but space, or in how it ends. */
  spacing: boolean
}

/** Lines that change, with some around them. */
export interface Hunk {
  rows: Row[]
  /** Lines that are the same and are left out before it. */
  skipped: number
}

export interface Hunks {
  hunks: Hunk[]
  /** Lines that are left out after the last one. */
  skipped: number
  /** Lines that go or come and are not shown, since there are too many. */
  left: number
}

/** Lines that stay, shown around those that change. */
export const AROUND = 3
/** Most lines that go or come that are shown. */
const MOST_ROWS = 4_000
/** Most that is compared word by word, in characters. */
const MOST_COMPARED = 300_000
const UNMARKED = { old: [], young: [] }

/** A diff as hunks, with `around` lines around what changes; Infinity shows all. Of very many lines that go or come, the first are shown. */
export function hunksOf(diff: Diff, around = AROUND, most = MOST_ROWS): Hunks {
  const { shown, left, end } = firstOf(diff, most)
  const groups = groupsOf(shown, around)
  const room = { chars: MOST_COMPARED }
  let at = 0
  const hunks = groups.map((group, place): Hunk => {
    const before = Math.min(around, group[0]!.from - at)
    const skipped = group[0]!.from - before - at
    const { to } = group.at(-1)!
    const after = Math.min(around, (groups[place + 1]?.[0]?.from ?? end) - to)
    at = to + after
    return { rows: rowsOf(diff, group, before, after, room), skipped }
  })
  return { hunks, skipped: left > 0 ? 0 : diff.before.length - at, left }
}

/** The lines of one stretch that is the same on both sides, by the new text's numbers: those of `[from, to]`, from 1. */
export function sameRows(diff: Diff, from: number, to: number): Row[] {
  const rows: Row[] = []
  const last = Math.min(to, diff.after.length)
  for (let young = Math.max(1, from); young <= last; young++) {
    const run = diff.runs.findLast((each) => each.newFrom < young)
    if (run && young <= run.newTo) continue
    rows.push(sameRow(diff, (run ? run.to - run.newTo : 0) + young - 1, young - 1))
  }
  return rows
}

/** Rows two by two, as they stand side by side: what is the same, what was replaced, what only goes or only comes. */
export function sideBySide(rows: readonly Row[]): [Row | null, Row | null][] {
  const pairs: [Row | null, Row | null][] = []
  for (let at = 0; at < rows.length; ) {
    if (rows[at]!.sign === ' ') {
      pairs.push([rows[at]!, rows[at]!])
      at++
      continue
    }
    const from = at
    while (at < rows.length && rows[at]!.sign !== ' ') at++
    const run = rows.slice(from, at)
    pairs.push(
      ...alongside(
        run.filter(({ sign }) => sign === '-'),
        run.filter(({ sign }) => sign === '+'),
      ),
    )
  }
  return pairs
}

/** Mates stand beside each other; between two pairs of mates the lines of both sides are filled up from the top. */
function alongside(gone: Row[], come: Row[]): [Row | null, Row | null][] {
  const pairs: [Row | null, Row | null][] = []
  let [i, j] = [0, 0]
  const fill = (toOld: number, toYoung: number) => {
    while (i < toOld || j < toYoung) pairs.push([i < toOld ? gone[i++]! : null, j < toYoung ? come[j++]! : null])
  }
  gone.forEach((row, at) => {
    if (row.mate === null) return
    fill(
      at,
      come.findIndex(({ young }) => young === row.mate),
    )
    pairs.push([gone[i++]!, come[j++]!])
  })
  fill(gone.length, come.length)
  return pairs
}

/** Runs so near to each other that the lines around them would touch. */
function groupsOf(runs: readonly Run[], around: number): Run[][] {
  const groups: Run[][] = []
  for (const run of runs) {
    const last = groups.at(-1)?.at(-1)
    if (last && run.from - last.to <= around * 2) groups.at(-1)!.push(run)
    else groups.push([run])
  }
  return groups
}

/** How many characters may still be compared word by word. */
interface Room {
  chars: number
}

function rowsOf(diff: Diff, group: Run[], before: number, after: number, room: Room): Row[] {
  const rows: Row[] = []
  let [i, j] = [group[0]!.from - before, group[0]!.newFrom - before]
  for (const run of group) {
    while (i < run.from) rows.push(sameRow(diff, i++, j++))
    rows.push(...changedRows(diff, run, room))
    ;[i, j] = [run.to, run.newTo]
  }
  for (let count = 0; count < after; count++) rows.push(sameRow(diff, i++, j++))
  return rows
}

function sameRow(diff: Diff, old: number, young: number): Row {
  const row = { ...lineRow(' ', diff.after[young]!), old: old + 1, young: young + 1 }
  const was = diff.before[old]!
  return was === diff.after[young] ? row : { ...row, was: lineRow(' ', was).text }
}

function changedRows(diff: Diff, run: Run, room: Room): Row[] {
  const gone = diff.before
    .slice(run.from, run.to)
    .map((line, at) => ({ ...lineRow('-', line), old: run.from + at + 1 }))
  const come = diff.after
    .slice(run.newFrom, run.newTo)
    .map((line, at) => ({ ...lineRow('+', line), young: run.newFrom + at + 1 }))
  const texts = [gone, come].map((rows) => rows.map(({ text }) => text)) as [string[], string[]]
  for (const [i, j] of matesOf(...texts)) {
    const [old, young] = [gone[i]!, come[j]!]
    room.chars -= old.text.length + young.text.length
    const { old: before, young: after } = room.chars > 0 ? markWords(old.text, young.text) : UNMARKED
    const spacing = withoutSpace(old.text) === withoutSpace(young.text)
    Object.assign(old, { mate: young.young, marks: before, spacing })
    Object.assign(young, { mate: old.old, marks: after, spacing })
  }
  return [...gone, ...come]
}

function lineRow(sign: Row['sign'], line: string): Row {
  const end = endOf(line)
  const text = line.slice(0, line.length - end.length)
  return { sign, old: null, young: null, text, end, marks: [], mate: null, spacing: false }
}

/** The first runs that together hold at most `most` lines; the one that would be too long is cut. `end` is where in the old text they end. */
function firstOf(diff: Diff, most: number): { shown: Run[]; left: number; end: number } {
  const shown: Run[] = []
  let room = most
  for (const run of diff.runs) {
    const size = run.to - run.from + run.newTo - run.newFrom
    if (size > room) {
      const half = Math.max(Math.ceil(room / 2), room - (run.newTo - run.newFrom))
      const to = Math.min(run.to, run.from + half)
      const newTo = Math.min(run.newTo, run.newFrom + room - (to - run.from))
      if (room > 0) shown.push({ ...run, to, newTo })
      return { shown, left: diff.added + diff.removed - most, end: to }
    }
    shown.push(run)
    room -= size
  }
  return { shown, left: 0, end: diff.before.length }
}
