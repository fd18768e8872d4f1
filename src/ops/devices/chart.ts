import type { Sample } from '../../gpu/devices/history.ts'
import type { Device } from '../../gpu/devices.ts'

/** The time that a chart shows. */
const SPAN_MS = 600_000
const WIDTH = 300
const HEIGHT = 48

/** The memory in use over the last ten minutes, as the shape of an area. */
export interface Chart {
  width: number
  height: number
  path: string
  /** For those who can't see it. */
  says: string
}

/** Null: there is nothing to show yet. */
export function chartOf(
  { totalBytes, history }: Pick<Device, 'totalBytes'> & { history: Sample[] },
  now: number,
): Chart | null {
  const seen = history.filter(({ at }) => at >= now - SPAN_MS && at <= now)
  if (totalBytes === 0 || seen.length < 2) return null
  const shares = seen.map(({ freeBytes }) => Math.min(1, Math.max(0, 1 - freeBytes / totalBytes)))
  const points = seen.map(({ at }, i) => [x(at, now), y(shares[i]!)] as const)
  const [[left], [right]] = [points[0]!, points.at(-1)!]
  const line = points.map(([px, py]) => `L${px} ${py}`).join('')
  const [least, most] = [Math.min(...shares), Math.max(...shares)].map((share) => Math.round(share * 100))
  const minutes = Math.max(1, Math.round((now - seen[0]!.at) / 60_000))
  const span = minutes === 1 ? 'minute' : `${minutes} minutes`
  return {
    width: WIDTH,
    height: HEIGHT,
    path: `M${left} ${HEIGHT}${line}L${right} ${HEIGHT}Z`,
    says: `Memory in use over the last ${span}: ${least === most ? `${most} %` : `between ${least} % and ${most} %`}`,
  }
}

function x(at: number, now: number): number {
  return round(((at - now + SPAN_MS) / SPAN_MS) * WIDTH)
}

/** A used device stands on the ground at least: an area that is there can be seen. */
function y(share: number): number {
  return round(HEIGHT - Math.max(0.02, share) * HEIGHT)
}

function round(figure: number): number {
  return Math.round(figure * 10) / 10
}
