import { expect, test } from 'bun:test'
import { clockedServer, type Watched } from '../support/clocked.ts'
import { expectUnharmed, workingOn } from './unharmed.ts'

const HOUR_MS = 3_600_000
const TEN_YEARS_MS = 87_660 * HOUR_MS
/** How long the server may go on stopped; `ASLEEP_MS=35000` is longer than any lease or deadline, in truth. */
const ASLEEP_MS = Number(process.env.ASLEEP_MS ?? 2_000)
/** By how much its clock has gone on when it wakes: longer than any lease or deadline. */
const CLOCK_ASLEEP_MS = 40_000

test('a clock that jumps an hour or ten years, both ways, disturbs no work: nothing is taken over, killed, waited for or told wrongly', async () => {
  await using one = await clockedServer()
  const all: Watched[] = []
  for (const by of [HOUR_MS, -HOUR_MS, TEN_YEARS_MS, -TEN_YEARS_MS]) {
    const watched = await one.begin()
    all.push(watched)
    await workingOn(watched)
    one.setClock(by)
    await watched.reading.until(({ type }) => type === 'end', `the end at ${by / HOUR_MS} h`)
  }
  await expectUnharmed(one, all)
}, 60_000)

test(
  'a server that is stopped for longer than its leases hold goes on where it was: nothing is lost, taken over, killed or done twice',
  async () => {
    await using one = await clockedServer()
    const watched = await one.begin()
    await workingOn(watched)
    const before = watched.reading.lines.length
    process.kill(one.server.pid, 'SIGSTOP')
    await Bun.sleep(ASLEEP_MS)
    one.setClock(CLOCK_ASLEEP_MS)
    process.kill(one.server.pid, 'SIGCONT')
    await watched.reading.until(({ type }) => type === 'end', 'the end')
    expect(watched.reading.lines.length).toBeGreaterThan(before)
    await expectUnharmed(one, [watched])
  },
  60_000 + ASLEEP_MS,
)
