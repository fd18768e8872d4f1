import type { Change } from '../../changes/tables.ts'
import type { Database } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'

class Rehearsed extends Error {}

/** Makes a change, lets somebody look at it, and takes all of it back: nobody else ever sees it. */
export async function rehearse<T>(
  db: Database,
  make: (tx: Tx) => Promise<Change>,
  look: (tx: Tx, change: Change) => Promise<T>,
): Promise<T> {
  let seen: { value: T } | undefined
  try {
    await db.write(async (tx) => {
      seen = { value: await look(tx, await make(tx)) }
      throw new Rehearsed('This was a rehearsal.')
    })
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error
  }
  return seen!.value
}
