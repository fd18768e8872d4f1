import { z } from 'zod'

const DAY_MS = 24 * 3_600_000

/** A day, as a model writes it. */
export const DueDate = z.iso.date('takes a day as YYYY-MM-DD')

/** The last moment of a day, in UTC, as tasks keep it; null and undefined stay. */
export function dueAtOf(day: string | null | undefined): number | null | undefined {
  return day ? Date.parse(`${day}T00:00:00Z`) + DAY_MS - 1 : (day as null | undefined)
}

/** The day that it is now in a time zone, with its weekday: `Saturday, 2026-11-21`. */
export function todayIn(timeZone: string, now: number): string {
  const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone }).format(now)
  const day = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone }).format(now)
  return `${weekday}, ${day}`
}

/** The time zone of the machine, since nobody has told another. */
export function houseTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
