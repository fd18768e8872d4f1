import { isMeasured } from '../gpu/devices/memory-back.ts'
import type { DeviceWatch } from '../gpu/devices/watch.ts'
import type { Device } from '../gpu/devices.ts'
import type { Lease } from '../gpu/leases.ts'
import type { Reuse } from '../gpu/reuse.ts'

export interface OwnMemoryDeps {
  watch: Pick<DeviceWatch, 'look'>
  render: { reuse?: Pick<Reuse, 'idle' | 'endIdle'> | undefined }
}

/** A device as the next job has it: what a worker holds that waits there is used again, or given up before the job begins. */
export function withOwn({ render }: Pick<OwnMemoryDeps, 'render'>, device: Device): Device {
  const own = waitingOn(render, device).reduce((sum, pid) => sum + (heldBy(device, pid) ?? 0), 0)
  return own === 0 ? device : { ...device, freeBytes: Math.min(device.totalBytes, device.freeBytes + own) }
}

/** Makes the lease's device such a one. A worker is ended of which nobody can tell what it holds: a plan would take it for another's. */
export async function countOwn({ watch, render }: OwnMemoryDeps, lease: Lease): Promise<void> {
  const look = async () => {
    lease.device = (await watch.look()).find(({ id }) => id === lease.device.id) ?? lease.device
  }
  const isUnknown = () => waitingOn(render, lease.device).some((pid) => heldBy(lease.device, pid) === null)
  if (isMeasured(lease.device) && isUnknown()) {
    await look() // the last one may be from before the worker began
    if (isUnknown()) {
      await render.reuse!.endIdle(lease.device.id)
      await look()
    }
  }
  lease.device = withOwn({ render }, lease.device)
}

function waitingOn({ reuse }: OwnMemoryDeps['render'], { id }: Device): number[] {
  return (reuse?.idle() ?? []).flatMap(({ device, pid }) => (device === id ? [pid] : []))
}

function heldBy({ processes = [] }: Device, pid: number): number | null {
  return processes.find((one) => one.pid === pid)?.usedBytes ?? null
}
