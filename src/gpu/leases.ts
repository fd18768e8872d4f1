import type { Device } from './devices.ts'

export interface Lease extends AsyncDisposable {
  device: Device
}

export interface DevicePool {
  /**
   * Waits for a free device, first come first served. Dispose the lease to give it back; a second time does nothing.
   * @throws the signal's reason when it aborts first
   */
  acquire(signal?: AbortSignal): Promise<Lease>
  /** Devices in use, and callers that wait. */
  counts(): { busy: number; waiting: number; slots: number }
}

/** One slot a GPU, and `cpuSlots` for a CPU. */
export function createDevicePool(devices: Device[], cpuSlots = 1): DevicePool {
  const slots = devices.flatMap((device) => Array.from({ length: device.kind === 'cpu' ? cpuSlots : 1 }, () => device))
  const free = [...slots]
  const waiting: ((device: Device) => void)[] = []

  const giveBack = (device: Device) => {
    const next = waiting.shift()
    if (next) next(device)
    else free.push(device)
  }
  return {
    acquire: async (signal) => {
      signal?.throwIfAborted()
      const device = waiting.length === 0 ? free.shift() : undefined
      return leaseOf(device ?? (await turn(waiting, signal)), giveBack)
    },
    counts: () => ({ busy: slots.length - free.length, waiting: waiting.length, slots: slots.length }),
  }
}

function leaseOf(device: Device, giveBack: (device: Device) => void): Lease {
  let held = true
  return {
    device,
    [Symbol.asyncDispose]: async () => {
      if (held) giveBack(device)
      held = false
    },
  }
}

function turn(waiting: ((device: Device) => void)[], signal: AbortSignal | undefined): Promise<Device> {
  return new Promise((resolve, reject) => {
    const take = (device: Device) => {
      signal?.removeEventListener('abort', giveUp)
      resolve(device)
    }
    const giveUp = () => {
      waiting.splice(waiting.indexOf(take), 1)
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    waiting.push(take)
  })
}
