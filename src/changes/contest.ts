import { Conflict } from '../errors.ts'
import type { Side } from '../files/merge.ts'
import type { Chooser, Dispute } from './merge.ts'

/** A thing that somebody else changed where the author of a change did, too. */
export interface Contest {
  entity: string
  id: string
  /** The version that the author had seen. */
  seen: number
  /** The version that is there now. */
  version: number
  /** The change that made what is there now; null where nothing ever was. */
  last: string | null
  disputes: Dispute[]
}

/** What a person decided about one field of a contested thing, or one place of a text, against the version that they saw there. */
export interface Choice {
  entity: string
  id: string
  version: number
  /** As the contest named it. */
  seen: number
  field: string
  /** Which of the disputed places of a text, from 0; undefined: the whole field. */
  place?: number | undefined
  side: Side
}

/** A change that can't be made without a decision on what two sides changed. Nothing of it was made. */
export class Contested extends Conflict {
  override name = 'Contested'
  constructor(
    code: 'version_conflict' | 'changed_since',
    message: string,
    readonly contests: Contest[],
  ) {
    const [first] = contests
    super(code, message, {
      context: {
        ...(first
          ? { entity: first.entity, id: first.id, expected: first.seen, actual: first.version, last: first.last }
          : {}),
        contested: contests.map(({ entity, id, disputes }) => ({
          entity,
          id,
          fields: disputes.map(({ field }) => field),
        })),
      },
    })
  }
}

type Seen = Pick<Contest, 'entity' | 'id' | 'version' | 'seen'>

/** Whether a choice is about this thing, and was made against the version that is there now. */
export function isAbout({ entity, id, version, seen }: Choice, thing: Seen): boolean {
  return entity === thing.entity && id === thing.id && version === thing.version && seen === thing.seen
}

/** What was chosen for one thing. */
export function chooserFor(choices: readonly Choice[], thing: Seen): Chooser {
  const own = choices.filter((choice) => isAbout(choice, thing))
  return (field, place) => own.find((choice) => choice.field === field && choice.place === place)?.side
}
