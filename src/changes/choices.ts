import { z } from 'zod'
import type { Choice } from './contest.ts'

/** Most decisions that are sent at once. */
const MOST = 5_000

export const ChoiceForm = z
  .object({
    entity: z.string('takes a text').max(80),
    id: z.string('takes a text').max(2_000),
    version: z.number('takes the version that stood there').int().min(0),
    seen: z.number('takes the version that the contest named').int().min(0),
    field: z.string('takes the name of a field').max(80),
    place: z.number('takes the number of a place').int().min(0).optional(),
    side: z.enum(['mine', 'theirs', 'base', 'both'], 'takes mine, theirs, base or both'),
  })
  .meta({ id: 'Choice' })

/** What a person decided, as a program sends it: it holds only for the version that stood there when they looked. */
export const Choices = z.array(ChoiceForm, 'takes a list of choices').max(MOST)

/** A decision as a form sends it, with a mark of what was looked at. */
export interface SentChoice extends Choice {
  mark: string
}

const About = z.tuple([
  z.string().max(80),
  z.string().max(2_000),
  z.number().int().min(0),
  z.number().int().min(0),
  z.string().max(80),
  z.number().int().min(0).nullable(),
  z.string().max(40),
])
const Side = ChoiceForm.shape.side

/** What one radio button's group is about, as the form carries it. */
export function aboutOf({ entity, id, version, seen, field, place, mark }: Omit<SentChoice, 'side'>): string {
  return JSON.stringify([entity, id, version, seen, field, place ?? null, mark])
}

/** The decisions in a form: `side.3` is what was chosen of that which `about.3` names. What is no decision is passed over. */
export function choicesIn(body: unknown): SentChoice[] {
  const sent = Object.entries((body ?? {}) as Record<string, unknown>)
  const abouts = new Map(sent.filter(([name]) => name.startsWith('about.')).slice(0, MOST))
  return [...abouts].flatMap(([name, value]) => {
    const about = About.safeParse(parsed(value))
    const side = Side.safeParse((body as Record<string, unknown>)[`side.${name.slice('about.'.length)}`])
    if (!about.success || !side.success) return []
    const [entity, id, version, seen, field, place, mark] = about.data
    return [{ entity, id, version, seen, field, mark, side: side.data, ...(place === null ? {} : { place }) }]
  })
}

function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value))
  } catch {
    return undefined // not made by our form: it decides nothing
  }
}
