import type { Head, Line, Queue } from './turns.ts'

/**
 * Takes up to `places` jobs from the lines of a lane as if one after the other: the person served longest ago, of theirs
 * the project that was, of its jobs the first; one suspect at most, and none while another runs. Ends early where it can't
 * know what a line holds after the `places` heads that were read of it, all of which may be suspects: then the lines must be
 * read again.
 */
export function pickFairly({ lines, lastTurn, suspectRuns }: Queue, places: number): string[] {
  const waiting = lines.map((line) => ({ ...line, heads: [...line.heads], wasCut: line.heads.length === places }))
  const people = new Map(lines.map(({ owner, personTurn }) => [owner, personTurn]))
  const ids: string[] = []
  let turn = lastTurn
  let suspectStarts = suspectRuns

  const mayStart = ({ suspect }: Head) => !(suspect && suspectStarts)
  const isBefore = (a: Line, b: Line) => {
    const [first, second] = [people.get(a.owner)!, people.get(b.owner)!]
    return first < second || (first === second && a.turn < b.turn)
  }

  while (ids.length < places) {
    let next: (typeof waiting)[number] | undefined
    for (const line of waiting) {
      const canStart = line.heads.some(mayStart)
      if (!canStart && line.wasCut) return ids
      if (canStart && (!next || isBefore(line, next))) next = line
    }
    if (!next) return ids
    const [job] = next.heads.splice(next.heads.findIndex(mayStart), 1)
    ids.push(job!.id)
    suspectStarts ||= job!.suspect
    next.turn = ++turn
    people.set(next.owner, turn)
  }
  return ids
}
