import type { Hunk, LinesHunk, TextHunk } from './edit.ts'
import { whyNowhere } from './explain.ts'
import type { EditFailure, Refusal } from './failure.ts'
import { plainEnds } from './lines.ts'
import { locator } from './locate.ts'
import { shownFrom } from './nearest.ts'
import { type Placed, place } from './place.ts'
import { asLines, offsetsOf, placeText, type Shown, shownText } from './place-text.ts'
import { runsOf } from './runs.ts'
import { carriesNumbers, standIn } from './stand-ins.ts'

/** Most places that are counted. */
const PLACES_AT_MOST = 6
/** Most lines of one side of a block: what its two sides differ in is found in time that grows with their product. */
const LINES_AT_MOST = 3_000

/** Finds the place of each block in one file, or why it has none that is certain. `hunks`: all blocks of the file. */
export function finder(path: string, shown: Shown, hunks: readonly Hunk[]): (hunk: Hunk) => Placed | EditFailure {
  const locate = locator(shown.lines)
  const text = shownText(shown)
  const byLines = (hunk: LinesHunk): Placed | Refusal => {
    const wrong = unusable(path, hunk)
    if (wrong) return wrong
    const located = locate(hunk.search)
    if (!located) return whyNowhere(shown.lines, hunk, othersThan(hunk, hunks))
    return 'found' in located ? place(hunk, located.found, shown.lines) : ambiguous(located.places, shown)
  }
  const byText = (hunk: TextHunk): Placed | Refusal => {
    const offsets = offsetsOf(text, plainEnds(hunk.characters.search), PLACES_AT_MOST)
    const lines = asLines(hunk)
    if ('reason' in lines) return lines
    if (offsets.length === 0) return byLines(lines)
    const wrong = unusable(path, lines)
    if (wrong) return wrong
    if (offsets.length > 1)
      return ambiguous(
        offsets.map((at) => text.slice(0, at).split('\n').length - 1),
        shown,
      )
    return placeText(hunk, shown, text, offsets[0]!)
  }
  return (hunk) => {
    const found = 'characters' in hunk ? byText(hunk) : byLines(hunk)
    const sure = 'hunk' in found ? (endsWrongly(found, shown) ?? found) : found
    return 'reason' in sure ? { block: hunk.block, ...sure } : sure
  }
}

/** What speaks against a block wherever it stands. */
function unusable(path: string, { search, replace }: LinesHunk): Refusal | undefined {
  if (search.every((line) => line.trim() === '')) return { reason: 'no_anchor', message: NO_ANCHOR }
  if (Math.max(search.length, replace.length) > LINES_AT_MOST) return { reason: 'malformed', message: TOO_LARGE }
  const added = runsOf({ search, replace }).flatMap((run) => run.added)
  if (carriesNumbers(added, search)) return { reason: 'numbered', message: NUMBERED }
  const instead = standIn(path, added, search)
  return instead === undefined ? undefined : { reason: 'placeholder', message: placeholder(instead) }
}

/** What a block says of the file's end, it must say there; and it must say something. */
function endsWrongly({ to, splices, finalNewline }: Placed, shown: Shown): Refusal | undefined {
  const isAtEnd = to === shown.lines.length
  if (finalNewline !== undefined && !isAtEnd)
    return { reason: 'malformed', message: NOT_THE_END, near: shownFrom(shown.lines, to - 1, 2) }
  const saysEnd = finalNewline !== undefined && finalNewline !== shown.endsWithNewline
  return splices.length > 0 || saysEnd ? undefined : { reason: 'no_change', message: NO_CHANGE }
}

function ambiguous(places: number[], { lines }: Shown): Refusal {
  const numbers = places.map((at) => at + 1)
  const more = places.length >= PLACES_AT_MOST ? ' and maybe more' : ''
  const message = `it stands there more than once (lines ${numbers.join(', ')}${more}). Take more of the lines around it, so that there is one place alone.`
  const near = places.slice(0, 2).flatMap((at) => shownFrom(lines, at - 1, 2))
  return {
    reason: 'ambiguous',
    message,
    places: numbers,
    near: [...new Map(near.map((each) => [each.line, each])).values()],
  }
}

function othersThan(hunk: LinesHunk, hunks: readonly Hunk[]): LinesHunk[] {
  const lines = hunks.map((other) => ('characters' in other ? asLines(other) : other))
  return lines.filter((other): other is LinesHunk => 'search' in other && other.block !== hunk.block)
}

const NO_ANCHOR =
  'nothing says where: there is no line that stands in the file already. Take at least one line of the file beside the new ones.'
const NO_CHANGE = 'it changes nothing: what is searched for and what replaces it are the same.'
const NUMBERED = 'the new lines carry numbers as those that you were shown. Leave the numbers out.'
const TOO_LARGE = `it has more than ${LINES_AT_MOST} lines. Make smaller blocks, or give the whole file.`
const NOT_THE_END = 'it says how the file ends, and does not stand at its end.'

function placeholder(line: string): string {
  return `“${line.slice(0, 120)}” stands for text that you left out. Write it in full, or leave lines that stay out of the block.`
}
