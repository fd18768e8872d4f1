import { z } from 'zod'
import { isDisputed, type MergeRegion } from '../files/merge.ts'
import { problemOf } from '../web/problems.ts'
import type { Contest, Contested } from './contest.ts'
import type { Dispute } from './merge.ts'

/** A contested text with all that merges taken, and marks around what doesn't. */
export interface MergeOffer {
  text: string
  places: { place: number; line: number; base: string; mine: string; theirs: string }[]
}

/** A field that both sides changed, as the API tells it. */
export interface ContestedField {
  field: string
  base: unknown
  mine: unknown
  theirs: unknown
  merge?: MergeOffer
}

export type ContestAnswer = Omit<Contest, 'disputes'> & { fields: ContestedField[] }

/** What the API says of a contest, for its document. */
export const ContestForm = z
  .object({
    entity: z.string(),
    id: z.string(),
    seen: z.number().int().describe('The version that you had seen, or that the change to be undone had made.'),
    version: z.number().int().describe('The version that is there now; 0: it is gone.'),
    last: z.string().nullable().describe('The change that made what is there now.'),
    fields: z.array(
      z.object({
        field: z.string().describe('`whole`: whether it is there at all.'),
        base: z.unknown().describe('What both came from.'),
        mine: z.unknown(),
        theirs: z.unknown().describe('What is there now.'),
        merge: z
          .object({
            text: z.string().describe('All that merges, with marks around each disputed place.'),
            places: z.array(
              z.object({
                place: z.number().int(),
                line: z.number().int().describe('Of its mark in the text, from 1.'),
                base: z.string(),
                mine: z.string(),
                theirs: z.string(),
              }),
            ),
          })
          .optional(),
      }),
    ),
  })
  .meta({ id: 'Contest' })

export const ContestedForm = z
  .object({ code: z.string(), detail: z.string(), status: z.number().int(), contests: z.array(ContestForm) })
  .meta({ id: 'Contested' })

export function contestAnswer({ disputes, ...contest }: Contest): ContestAnswer {
  return { ...contest, fields: disputes.map(fieldAnswer) }
}

/** Problem JSON with what is contested: 412 where `If-Match` named the version, else 409. */
export function contestedResponse(
  error: Contested,
  status: 409 | 412,
  contests: ContestAnswer[] = error.contests.map(contestAnswer),
): Response {
  const problem = problemOf(error, () => '', status)
  return Response.json(
    { ...problem, contests },
    { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } },
  )
}

function fieldAnswer({ field, base, mine, theirs, regions }: Dispute): ContestedField {
  return { field, base, mine, theirs, ...(regions ? { merge: mergeOffer(regions) } : {}) }
}

function mergeOffer(regions: MergeRegion[]): MergeOffer {
  const lines: string[] = []
  const places: MergeOffer['places'] = []
  for (const region of regions) {
    if (!isDisputed(region)) {
      lines.push(...region.lines)
      continue
    }
    const [base, mine, theirs] = [region.base.join(''), region.mine.join(''), region.theirs.join('')]
    const place = places.length
    places.push({ place, line: lines.length + 1, base, mine, theirs })
    lines.push(`<<<<<<< mine, place ${place}\n`, ...closed(region.mine), '=======\n', ...closed(region.theirs))
    lines.push(`>>>>>>> theirs, place ${place}\n`)
  }
  return { text: lines.join(''), places }
}

/** A mark stands on a line of its own, also after a text whose last line has no end. */
function closed(lines: string[]): string[] {
  return lines.map((line) => (line.endsWith('\n') ? line : `${line}\n`))
}
