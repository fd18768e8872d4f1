import type { Clock } from '../../clock.ts'
import type { Device, DeviceProcess } from '../devices.ts'
import type { Degraded } from './marks.ts'
import type { DeviceWatch } from './watch.ts'

/** How often it is looked whether the memory is back, … */
const POLL_MS = 250
/** … and for how long. */
const WAIT_MS = 5_000
/** How much of what was taken must be back: a driver keeps some. */
const SHARE = 0.75
/** What comes and goes on a card that also draws a desktop. */
export const NOISE_BYTES = 256 * 1024 ** 2

interface Taken {
  /** The device as it was before the work. */
  before: Device
  /** The most that the work said to hold, bytes. */
  bytes: number
  since: number
}

/** Waits until what the work took is free again. Null: it is; else who holds it, and when the device is well again. */
export async function memoryBack(
  { watch, clock }: { watch: Pick<DeviceWatch, 'look' | 'history'>; clock: Clock },
  { before, bytes, since }: Taken,
): Promise<Omit<Degraded, 'since'> | null> {
  if (!isMeasured(before)) return null
  let most = bytes
  for (let waited = 0; ; waited += POLL_MS) {
    const now = (await watch.look()).find(({ id }) => id === before.id)
    if (!now) return null // gone: nothing is leased on it any more
    const seen = watch.history(before.id).filter(({ at }) => at >= since)
    most = Math.max(most, ...seen.map(({ freeBytes }) => before.freeBytes - freeBytes))
    const backAt = before.freeBytes - Math.max(NOISE_BYTES, most * (1 - SHARE))
    if (now.freeBytes >= backAt) return null
    if (waited >= WAIT_MS) return { ...holderOf(before, now), backAt }
    await clock.sleep(POLL_MS)
  }
}

/** Whether what is free on it tells what a process holds: not where the memory is the machine's, or is only assumed. */
export function isMeasured({ kind, configured }: Device): boolean {
  return kind !== 'cpu' && kind !== 'mps' && !configured
}

/** The one that was not there before and holds the most. */
function holderOf(before: Device, now: Device): Pick<Degraded, 'why' | 'pid' | 'name'> {
  const old = new Set(before.processes?.map(({ pid }) => pid))
  const held = ({ usedBytes }: DeviceProcess) => usedBytes ?? 0
  const [holder] = (now.processes ?? []).filter(({ pid }) => !old.has(pid)).sort((a, b) => held(b) - held(a))
  if (!holder) return { why: 'Its memory did not come back after a picture, and no process says that it holds it.' }
  const { pid, name } = holder
  return { why: `Its memory did not come back after a picture: ${name ?? 'a process'} (${pid}) holds it.`, pid, name }
}
