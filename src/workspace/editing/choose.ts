import { z } from 'zod'
import type { Choice } from '../../changes/contest.ts'
import { FILE } from '../file-entity.ts'
import { CONTENT } from '../file-merge.ts'
import type { Seen } from './put-file.ts'

const SIDES = ['mine', 'theirs', 'base', 'both'] as const
const PART = /^(?:(\d{1,6}):)?(mine|theirs|base|both)$/

/** How a PUT of a file that was contested is sent again: what is chosen, and against which version. */
export const ChooseQuery = z.object({
  choose: z
    .string()
    .max(20_000)
    .refine((text) => text.split(',').every((part) => PART.test(part)), {
      error: 'takes mine, theirs, base or both, or such a side for each place: 0:mine,1:both',
    })
    .optional(),
  against: z.coerce.number('takes the version that stood there').int().min(0).optional(),
  reason: z.string().max(500, 'takes at most 500 characters').optional(),
})

/** The choices that a query makes for a file; a side without a place is for all of it, and for whether it is there. */
export function choicesFor(
  path: string,
  { choose, against }: z.infer<typeof ChooseQuery>,
  seen: Seen | undefined,
): Choice[] {
  if (choose === undefined || against === undefined || seen === undefined || seen === 'anything') return []
  const version = seen === 'nothing' ? 0 : seen.version
  const about = { entity: FILE, id: path.normalize('NFC'), version: against, seen: version }
  return choose.split(',').flatMap((part): Choice[] => {
    const [, place, side] = PART.exec(part)!
    const chosen = { ...about, side: side as (typeof SIDES)[number] }
    if (place !== undefined) return [{ ...chosen, field: CONTENT, place: Number(place) }]
    return [
      { ...chosen, field: CONTENT },
      { ...chosen, field: 'whole' },
    ]
  })
}
