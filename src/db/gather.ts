import { breaksConnection } from './faults.ts'
import type { Database } from './open.ts'
import { isAway } from './remote.ts'
import type { Tx } from './writer.ts'

/** Most calls that share a unit: the driver blocks the thread while it runs. */
const MOST = 100

interface Call<I, O> {
  item: I
  done: (value: O) => void
  failed: (error: unknown) => void
}

/**
 * Makes a write that callers ask for one at a time, and that many of them share: those who ask while the writer is busy
 * go into one unit, and `work` does for all of them with one statement what each would have needed one for. It returns,
 * in order, what each caller gets: a value, or an Error of its own. Where it throws, each is tried alone, unless it is
 * the disk or a database server that fails: that it does for all, and what became of a lost commit is not known.
 */
export function gather<I, O>(
  { write }: Pick<Database, 'write'>,
  work: (tx: Tx, items: I[]) => Promise<(O | Error)[]>,
): (item: I) => Promise<O> {
  const waiting: Call<I, O>[] = []

  async function writeTogether(): Promise<void> {
    let calls: Call<I, O>[] | undefined
    const take = () => {
      const taken = waiting.splice(0, MOST)
      if (waiting.length > 0) void writeTogether()
      return taken
    }
    try {
      const outcomes = await write((tx) => {
        calls ??= take() // kept when the unit runs again
        return work(tx, itemsOf(calls))
      })
      tell(calls!, outcomes)
    } catch (error) {
      calls ??= take() // refused before it began
      if (calls.length === 1 || breaksConnection(error) || isAway(error)) for (const { failed } of calls) failed(error)
      else await Promise.all(calls.map(writeAlone))
    }
  }

  async function writeAlone(call: Call<I, O>): Promise<void> {
    try {
      tell([call], await write((tx) => work(tx, [call.item])))
    } catch (error) {
      call.failed(error)
    }
  }

  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed })
      if (waiting.length === 1) void writeTogether()
    })
}

function itemsOf<I, O>(calls: Call<I, O>[]): I[] {
  return calls.map(({ item }) => item)
}

function tell<I, O>(calls: Call<I, O>[], outcomes: (O | Error)[]): void {
  calls.forEach(({ done, failed }, i) => {
    const outcome = outcomes[i]!
    if (outcome instanceof Error) failed(outcome)
    else done(outcome)
  })
}
