import type { Clock } from '../../clock.ts'
import type { JobContext } from '../../jobs/handler.ts'
import { openConsole } from '../../sandbox/console.ts'

/** Output that came within this time is told together. */
const TOGETHER_MS = 50
/** The draft of a job, in characters: above the most, only the last of it stays. */
const MOST = 256_000
const STAYS = 32_000

/** Tells the output of a run live, and keeps its end in the job's draft. */
export function openSpeaker(ctx: Pick<JobContext<unknown>, 'delta' | 'replaceText'>, clock: Clock) {
  const console = openConsole()
  let waiting = ''
  let told = ''
  const tell = () => {
    const text = waiting
    waiting = ''
    if (!text) return
    told += text
    if (told.length <= MOST) return ctx.delta(text)
    told = told.slice(-STAYS).toWellFormed()
    ctx.replaceText(told)
  }
  return {
    hear(text: string) {
      if (waiting === '') void clock.sleep(TOGETHER_MS).then(tell)
      waiting += console.take(text)
    },
    end() {
      waiting += console.rest()
      tell()
    },
  }
}
