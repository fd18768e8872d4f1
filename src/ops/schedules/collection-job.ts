import { callNames } from '../../agents/conversation/names.ts'
import { changeNames } from '../../changes/names.ts'
import type { Clock } from '../../clock.ts'
import type { Names } from '../../files/blobs/names.ts'
import type { Blobs } from '../../files/blobs.ts'
import type { Handler } from '../../jobs/handler.ts'
import { unfinishedWords } from '../../jobs/unfinished-words.ts'
import { artifactNames } from '../../studio/names.ts'
import { bytes, plural } from '../../web/format.ts'
import { fileNames } from '../../workspace/names.ts'
import { otherWords } from './other-words.ts'
import { takesNothing, UPKEEP } from './upkeep.ts'

/** How long content may stay unnamed: whoever put it names it within moments, or has died. */
const SAFE_MS = 24 * 3_600_000

/** What names contents, in all rooms; what is looked up soonest comes first. */
const NAMES: Names[] = [
  fileNames,
  artifactNames,
  changeNames,
  { words: unfinishedWords },
  callNames,
  { words: otherWords },
]

export interface CollectionDeps {
  blobs: Blobs
  clock: Pick<Clock, 'now' | 'awake'>
}

/** The job that removes contents that nothing names. */
export function collectionHandler({ blobs, clock }: CollectionDeps): Handler<Record<string, never>> {
  const since = { at: clock.now(), awake: clock.awake() }
  // by the slower of two clocks: if somebody sets the time a day ahead, what was just put is no older for that
  const before = () => Math.min(clock.now(), since.at + clock.awake() - since.awake) - SAFE_MS
  return {
    kind: 'collection',
    lane: UPKEEP,
    schedulable: takesNothing,
    async run({ signal }) {
      const collected = await blobs.collect({ names: NAMES, before: before(), signal })
      const { removed, taken } = collected
      const says = [
        `Removed ${plural(removed, 'content')} that nothing names (${bytes(collected.bytes)})`,
        ...(taken > 0 ? [`took ${plural(taken, 'text')} into the database`] : []),
      ].join('; ')
      return { result: { ...collected, says } }
    },
  }
}
