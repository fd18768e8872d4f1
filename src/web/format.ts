/** Numbers as a person reads them. Pure; views get all of these as `f`. */

const KB = 1024
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** 812 -> `812 bytes`, 4300 -> `4.2 KB`, 73400320 -> `70 MB`. */
export function bytes(count: number): string {
  if (count < KB) return plural(count, 'byte')
  let size = count
  let unit = 0
  while (size >= KB && unit < UNITS.length - 1) {
    size /= KB
    unit++
  }
  const rounded = size < 9.95 ? Math.round(size * 10) / 10 : Math.round(size)
  return rounded === KB && unit < UNITS.length - 1 ? `1 ${UNITS[unit + 1]}` : `${rounded} ${UNITS[unit]}`
}

/** A running clock from seconds: 48 -> `0:48`, 605 -> `10:05`, 3661 -> `1:01:01`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  if (hours) return `${hours}:${two(minutes)}:${two(rest)}`
  return `${minutes}:${two(rest)}`
}

/** How long something took, in seconds: 0.4 -> `0.4 s`, 9.2 -> `9 s`, 75 -> `1 min 15 s`, 7300 -> `2 h 1 min`. */
export function seconds(length: number): string {
  if (length < 0.95) return `${Math.max(0.1, Math.round(length * 10) / 10)} s`
  const whole = Math.round(length)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`
  const minutes = Math.round(whole / 60)
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`
}

/** 1, `task` -> `1 task`; 3, `task` -> `3 tasks`; 2, `entry`, `entries` -> `2 entries`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`
}

/** 12345 -> `12,345`. */
export function number(count: number): string {
  return count.toLocaleString('en-GB')
}

/** The whole percentage of a part, 0 when there is no whole yet: 7 of 12 -> 58. */
export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round(Math.min(1, Math.max(0, part / whole)) * 100) : 0
}

/** A moment, UTC: `2026-11-20 14:03`. */
export function moment(at: number): string {
  return iso(at).slice(0, 16).replace('T', ' ')
}

/** A day, of a moment in UTC: `Fri 27 Nov 2026`. */
export function day(at: number): string {
  return new Date(at).toUTCString().replace(/^(\w+), 0?(\d+ \w+ \d+) .*$/, '$1 $2')
}

/** A moment for `<time datetime>`: ISO 8601. */
export function iso(at: number): string {
  return new Date(at).toISOString()
}

/** What a job is at, for a person; a phase that has no other words is told as it is. */
export function phase(name: string): string {
  return PHASES[name] ?? name
}

const PHASES: Readonly<Record<string, string>> = {
  start: 'starting',
  reading: 'reading all of it',
  mending: 'mending what was wrong',
  fetch: 'fetching the model',
  load: 'loading',
  encode: 'reading the prompt',
  denoise: 'drawing',
  decode: 'decoding',
  save: 'saving',
  keeping: 'saving',
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
