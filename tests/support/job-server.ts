// A server of jobs alone, for tests that kill it: opens the database of a folder, works what is queued, prints a line per
// event. `write` makes text for as long as it lives and counts its runs of one step; `fatal` takes the server down.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { openEventLog } from '../../src/events/append.ts'
import { openHub } from '../../src/events/hub.ts'
import { openDraftWriter } from '../../src/jobs/drafts.ts'
import type { Handler } from '../../src/jobs/handler.ts'
import { openLiveJobs } from '../../src/jobs/live.ts'
import { startWorker } from '../../src/jobs/worker.ts'
import { redactor } from '../../src/redact.ts'
import { silent } from './database.ts'
import { openTestDatabase } from './jobs.ts'

export const WANTED_BYTES = 4_000
export const FLUSH_MS = 50

if (import.meta.main) await serve(process.argv[2]!)

async function serve(folder: string): Promise<void> {
  const { now } = systemClock
  const db = await openTestDatabase(folder, systemClock)
  const hub = openHub({ now })
  const live = openLiveJobs({ hub, now })
  const handlers = new Map(
    [writer(folder), fatal(), quiet(folder)].map((handler) => [handler.kind, handler as Handler]),
  )
  hub.tap(({ type, job, body }) => console.log(JSON.stringify({ type, job, attempt: body.attempt, bytes: body.bytes })))
  openDraftWriter({ db, live, flushMs: FLUSH_MS, log: silent })
  await startWorker({
    ...systemClock,
    db,
    hub,
    live,
    handlers,
    events: openEventLog({ hub, now }),
    redact: redactor(),
    boot: systemClock.newId(),
    log: silent,
    lanes: { write: 2, mixed: 8 },
  })
  console.log(JSON.stringify({ type: 'ready' }))
}

function writer(folder: string): Handler<unknown> {
  return {
    kind: 'write',
    lane: 'write',
    async run({ job, draft, step, delta }) {
      await step('plan', async () => appendFileSync(join(folder, 'steps'), `${job.id}\n`))
      appendFileSync(join(folder, 'resumed'), `${draft.bytes}\n`)
      let text = draft.text
      for (; text.length < WANTED_BYTES; text += 'x'.repeat(40)) {
        delta('x'.repeat(40))
        await Bun.sleep(10)
      }
      return { result: { bytes: text.length } }
    },
  }
}

/** Takes the server down, after others have had the time to begin. */
function fatal(): Handler<unknown> {
  return {
    kind: 'fatal',
    lane: 'mixed',
    run: async () => {
      await Bun.sleep(100)
      process.kill(process.pid, 'SIGKILL')
      return { result: null }
    },
  }
}

/** Works without a word, longer than `fatal` lives, and notes how many do so at once. */
function quiet(folder: string): Handler<unknown> {
  let running = 0
  return {
    kind: 'quiet',
    lane: 'mixed',
    run: async () => {
      appendFileSync(join(folder, 'together'), `${++running}\n`)
      await Bun.sleep(300)
      running--
      return { result: null }
    },
  }
}
