import { linesOf } from '../files/diff/diff.ts'
import { matesOf } from '../files/diff/mates.ts'
import { type Mark, markWords } from '../files/diff/words.ts'
import { type Disputed, isDisputed, type Side } from '../files/merge.ts'
import { aboutOf, type SentChoice } from './choices.ts'
import type { Contest } from './contest.ts'
import { type Dispute, WHOLE } from './merge.ts'

/** A part of a line; `marked` where the other side has other words. */
export interface Segment {
  text: string
  marked: boolean
}

/** One side of a place: its lines, or a word where it has none. */
export interface SideView {
  side: Side
  label: string
  lines: Segment[][]
  note: string | null
}

/** A place that somebody has to decide about, as the page draws it with radio buttons. */
export interface PlaceView {
  kind: 'place'
  /** What the radio buttons are named, and what they are about. */
  name: string
  about: string
  number: number
  chosen: Side | null
  now: SideView
  mine: SideView
  /** What else may be taken. */
  others: SideView[]
}

/** Lines that both agree on; of many, those beside the places. */
export interface SameView {
  kind: 'same'
  head: string[]
  skipped: number
  tail: string[]
}

export interface ContestView {
  entity: string
  id: string
  name: string
  fields: { label: string; parts: (PlaceView | SameView)[] }[]
}

/** What the sides are called. */
export type SideWords = Record<Side, string>

export const EDIT_WORDS: SideWords = {
  theirs: 'What is there now',
  mine: 'Yours',
  both: 'Both: yours, then theirs',
  base: 'What was there before',
}

export const UNDO_WORDS: SideWords = {
  theirs: 'As it is now',
  mine: 'Without what is undone',
  both: 'Both',
  base: 'As it was before anybody came after',
}

export const PROPOSAL_WORDS: SideWords = {
  theirs: 'What is there now',
  mine: 'What is proposed',
  both: 'Both: what is proposed, then what is there',
  base: 'What was there before',
}

export interface ContestViewOptions {
  words: SideWords
  /** What was chosen when the page was last sent: what still fits is chosen again. */
  sent?: readonly SentChoice[]
  /** How a thing is called. */
  nameOf(contest: Contest): string
  /** A value of a field in words. */
  say(value: unknown, field: string, contest: Contest): string
}

/** Lines that agree, shown beside a place. */
const AROUND = 3
/** Most lines that are shown of one side of a place. */
const MOST_LINES = 300

/** Contests as a page draws them, side by side. */
export function contestViews(contests: Contest[], options: ContestViewOptions): ContestView[] {
  const numbers = { next: 1 }
  return contests.map((contest) => ({
    entity: contest.entity,
    id: contest.id,
    name: options.nameOf(contest),
    fields: contest.disputes.map((dispute) => ({
      label: fieldWord(dispute.field),
      parts: partsOf(contest, dispute, options, numbers),
    })),
  }))
}

/** What a field of a thing is called on pages. */
export function fieldWord(field: string): string {
  return FIELD_WORDS[field] ?? field.charAt(0).toUpperCase() + field.slice(1)
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  [WHOLE]: 'Whether it is there',
  prompt: 'What it is to hold',
  dependsOn: 'Waits for',
  parent: 'Group',
  dueAt: 'Due',
  contract: 'What it promises',
  mends: 'Mends',
}

/** A value of a field, as a page says it. */
export function sayValue(value: unknown, field: string): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(', ')
  if (typeof value === 'number' && /At$/.test(field))
    return new Date(value).toISOString().slice(0, 16).replace('T', ' ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
}

type Numbers = { next: number }

function partsOf(
  contest: Contest,
  dispute: Dispute,
  options: ContestViewOptions,
  numbers: Numbers,
): (PlaceView | SameView)[] {
  const { regions, field } = dispute
  if (regions) {
    let nth = 0
    return regions.map((region, at) =>
      isDisputed(region)
        ? placeOf(contest, field, nth++, region, options, numbers)
        : sameOf(region.lines, at === 0, at === regions.length - 1),
    )
  }
  const said = (value: unknown) => linesOf(options.say(value, field, contest))
  const sides = { base: said(dispute.base), mine: said(dispute.mine), theirs: said(dispute.theirs) }
  return [placeOf(contest, field, undefined, sides, options, numbers)]
}

function placeOf(
  { entity, id, version, seen }: Contest,
  field: string,
  place: number | undefined,
  sides: Disputed,
  { words, sent = [] }: ContestViewOptions,
  numbers: Numbers,
): PlaceView {
  const mark = markOf(sides)
  const [now, mine] = markedSides(sides.theirs, sides.mine)
  const same = sent.filter((each) => each.entity === entity && each.id === id && each.field === field)
  const fits = same.filter((each) => each.mark === mark)
  const number = numbers.next++
  const view = (side: Side, lines: Segment[][]): SideView => ({
    side,
    label: words[side],
    lines: lines.slice(0, MOST_LINES),
    note:
      lines.length === 0 ? 'nothing' : lines.length > MOST_LINES ? `and ${lines.length - MOST_LINES} more lines` : null,
  })
  const others = [view('base', sides.base.map(plain))]
  if (place !== undefined) others.unshift({ ...view('both', []), note: null })
  return {
    kind: 'place',
    name: `side.${number}`,
    about: aboutOf({ entity, id, version, seen, field, place, mark }),
    number,
    chosen: (fits.find((each) => each.place === place) ?? fits[0])?.side ?? null,
    now: view('theirs', now),
    mine: view('mine', mine),
    others,
  }
}

/** The same for the same three contents, whichever versions they stand in. */
function markOf(sides: Disputed): string {
  return Bun.hash(JSON.stringify([sides.base, sides.mine, sides.theirs])).toString(36)
}

/** Both sides line by line, with the words marked in which lines that belong together differ. */
function markedSides(theirs: string[], mine: string[]): [Segment[][], Segment[][]] {
  const [left, right] = [theirs.map(withoutEnd), mine.map(withoutEnd)]
  const [a, b] = [left.map(plain), right.map(plain)]
  for (const [i, j] of matesOf(left, right)) {
    const { old, young } = markWords(left[i]!, right[j]!)
    a[i] = cut(left[i]!, old)
    b[j] = cut(right[j]!, young)
  }
  return [a, b]
}

/** A line in parts: what is marked, and what is not. */
export function cut(line: string, marks: readonly Mark[]): Segment[] {
  const parts: Segment[] = []
  let at = 0
  for (const [from, to] of marks) {
    parts.push({ text: line.slice(at, from), marked: false }, { text: line.slice(from, to), marked: true })
    at = to
  }
  return [...parts, { text: line.slice(at), marked: false }].filter(({ text }) => text !== '')
}

function plain(line: string): Segment[] {
  return cut(withoutEnd(line), [])
}

function sameOf(lines: string[], isFirst: boolean, isLast: boolean): SameView {
  const shown = lines.map(withoutEnd)
  const [before, after] = [isFirst ? 0 : AROUND, isLast ? 0 : AROUND]
  const skipped = shown.length - before - after
  if (skipped < 2) return { kind: 'same', head: shown, skipped: 0, tail: [] }
  return { kind: 'same', head: shown.slice(0, before), skipped, tail: shown.slice(shown.length - after) }
}

function withoutEnd(line: string): string {
  return line.replace(/\r?\n$/, '')
}
