import { afterAll, expect, test } from 'bun:test'
import { temporaryFolder } from '../support/database.ts'
import { type DatabaseCall, hearDatabase } from './points.ts'
import { scenario } from './scenario.ts'

/** One in so many calls is failed: all of them take minutes (`CRASH_EACH=1`). */
const EACH = Number(process.env.CRASH_EACH ?? 50)
const TEST_MS = Math.max(120_000, 6_000_000 / EACH)

const ran: string[] = []
afterAll(() => console.log(ran.join('\n')))

test.each(['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR'])(
  'whichever database call fails with %s, nothing acknowledged is lost, and the work ends or is held with a reason',
  async (code) => {
    const calls = (await heard(() => {})).calls
    expect(calls).toBeGreaterThan(100)
    let refused = 0
    let retried = 0
    for (let nth = 1 + (code.length % EACH); nth <= calls; nth += EACH) {
      const outcome = await heard((call) => {
        if (call.nth === nth) throw Object.assign(new Error(`${code}: on purpose`), { code, rawCode: 1 })
      }).catch((cause) => {
        throw new Error(`call ${nth} of ${calls} fails with ${code}: ${cause.message}`, { cause })
      })
      if (outcome.refused) refused++
      if (outcome.retried) retried++
    }
    ran.push(`${code}: each ${EACH}th of ${calls} calls; ${refused} submits refused, ${retried} times a person retried`)
  },
  TEST_MS,
)

/** The scenario, with each database call of the server that has started told before it is made. */
async function heard(before: (call: DatabaseCall) => void) {
  using folder = temporaryFolder()
  let calls = 0
  const begin = () =>
    hearDatabase({
      before(call) {
        calls = call.nth
        before(call)
      },
    })
  return { ...(await scenario({ data: folder.path, begin })), calls }
}
