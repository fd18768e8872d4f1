import type { Device } from './devices.ts'

export interface Lease extends AsyncDisposable {
  device: Device
}

export interface DevicePool {
  /**
   * Waits for a free device, first come first served: for one that is `fit`, as long as there is any. Dispose the lease to
   * give it back; a second time does nothing. @throws the signal's reason when it aborts first
   */
  acquire(signal?: AbortSignal, fit?: Fit): Promise<Lease>
  /** Devices in use, and callers that wait. */
  counts(): { busy: number; waiting: number; slots: number }
}

/** Says of a device whether it is of use at this moment. */
type Fit = (device: Device) => boolean

interface Waiting {
  fit: Fit
  take: (device: Device) => void
}

/** One slot a GPU, and `cpuSlots` for a CPU. */
export function createDevicePool(devices: Device[], cpuSlots = 1): DevicePool {
  const slots = devices.flatMap((device) => Array.from({ length: device.kind === 'cpu' ? cpuSlots : 1 }, () => device))
  const free = [...slots]
  const waiting: Waiting[] = []

  /** Looks at all who wait: what was unfit for them when they came may have been mended since. */
  const serve = () => {
    for (const one of [...waiting]) {
      const at = free.findIndex((device) => one.fit(device) || !slots.some(one.fit))
      if (at < 0) continue
      waiting.splice(waiting.indexOf(one), 1)
      one.take(free.splice(at, 1)[0]!)
    }
  }
  const giveBack = (device: Device) => {
    free.push(device)
    serve()
  }
  return {
    acquire: async (signal, fit = () => true) => {
      signal?.throwIfAborted()
      const device = turn(waiting, fit, signal)
      serve()
      return leaseOf(await device, giveBack)
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

function turn(waiting: Waiting[], fit: Fit, signal: AbortSignal | undefined): Promise<Device> {
  return new Promise((resolve, reject) => {
    const take = (device: Device) => {
      signal?.removeEventListener('abort', giveUp)
      resolve(device)
    }
    const one = { fit, take }
    const giveUp = () => {
      waiting.splice(waiting.indexOf(one), 1)
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    waiting.push(one)
  })
}
