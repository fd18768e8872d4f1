import { Cron } from 'croner'
import { Invalid } from '../errors.ts'

/** croner keeps whole seconds. */
const SECOND_MS = 1_000
const PARTS = 5

/**
 * When a schedule is due: minute, hour, day, month, weekday, in a time zone by its IANA name. In the hour that a spring
 * leaves out, a fixed time of day comes right after it; in the one that an autumn repeats, it comes once.
 */
export interface Timing {
  cron: string
  timezone: string
}

/** @throws Invalid `bad_timezone`, `bad_cron` */
export function checkTiming(timing: Timing, now: number): void {
  const { cron, timezone } = timing
  if (!isTimezone(timezone))
    throw new Invalid('bad_timezone', `There is no time zone “${timezone}”. Give it as Europe/Berlin or UTC.`, {
      context: { field: 'timezone' },
    })
  if (cron.trim().split(/\s+/).length !== PARTS || !comes(timing, now))
    throw new Invalid(
      'bad_cron',
      `“${cron}” is no time that comes: give minute, hour, day, month and weekday, as 30 3 * * * for each day at 3:30.`,
      { context: { field: 'cron' } },
    )
}

/** The first firing after a moment, ms since the epoch; null when there is none any more. */
export function nextFiring(timing: Timing, after: number): number | null {
  return pattern(timing).nextRun(new Date(after))?.getTime() ?? null
}

/** The last firing at a moment or before it; null when there was none. */
export function lastFiring(timing: Timing, at: number): number | null {
  const beyond = Math.floor(at / SECOND_MS) * SECOND_MS + SECOND_MS // croner looks before the moment that it is given
  return pattern(timing).previousRuns(1, new Date(beyond))[0]?.getTime() ?? null
}

function pattern({ cron, timezone }: Timing): Cron {
  return new Cron(cron, { timezone, mode: '5-part' })
}

function comes(timing: Timing, now: number): boolean {
  try {
    return nextFiring(timing, now) !== null
  } catch {
    return false // croner says why in words about its own parts; ours say what to give
  }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined && name !== ''
  } catch {
    return false
  }
}
