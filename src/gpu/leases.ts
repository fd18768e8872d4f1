import type { Clock } from '../clock.ts'
import { choose, type Wish } from './devices/choose.ts'
import { isMeasured, memoryBack, NOISE_BYTES } from './devices/memory-back.ts'
import type { DeviceWatch } from './devices/watch.ts'
import type { Device } from './devices.ts'

export interface Lease extends AsyncDisposable {
  /** As seen when it was leased. */
  device: Device
  since: number
  /** Says what the work held at its most, bytes: so much must come back. */
  took(bytes: number): void
  /** A child stays for the next job of its profile: what it holds is not waited for. */
  keep(): void
  /** Leaves the device alone once the lease is given back, until its memory is back or a person says otherwise. */
  degrade(why: string, pid?: number): void
}

/** A lease as others see it. */
export interface Held {
  device: string
  job: string | null
  profile: string | null
  since: number
}

export interface DevicePool {
  /**
   * Waits for a free device, first come first served. Dispose the lease to give it back: that waits until its memory is back
   * (5 s at most; then the device is degraded). A second time does nothing. @throws the signal's reason when it aborts first
   */
  acquire(signal?: AbortSignal, wish?: Wish): Promise<Lease>
  /** Devices in use, callers that wait, and how many can work at once. */
  counts(): { busy: number; waiting: number; slots: number }
  held(): Held[]
  /** The jobs of those who wait, the first first. */
  waiting(): string[]
  /** What free devices have loaded last, a device each. */
  warm(): string[]
  /** Calls back when there are more or fewer places than there were. */
  onChange(hear: () => void): () => void
}

export interface PoolDeps {
  watch: DeviceWatch
  clock: Clock
  /** Jobs at once on a CPU. */
  cpuSlots?: number
}

interface Waiting {
  wish: Wish
  take: (lease: Lease) => void
}

/** How old a look may be for what is leased by it. */
const FRESH_MS = 1_000

/** One lease a GPU, and `cpuSlots` of a CPU. The devices are those of the watch: one that comes serves at once. */
export function openDevicePool({ watch, clock, cpuSlots = 1 }: PoolDeps): DevicePool {
  const leases = new Set<Held>()
  const waiting: Waiting[] = []
  const loaded = new Map<string, string>()

  const well = () => watch.now().filter(({ id }) => !watch.degraded(id))
  const placesOf = ({ kind }: Device) => (kind === 'cpu' ? cpuSlots : 1)
  const used = (id: string) => [...leases].filter(({ device }) => device === id).length
  const see = async (lease: Lease) => {
    const seen = await watch.recent(FRESH_MS)
    lease.device = seen.find(({ id }) => id === lease.device.id) ?? lease.device
  }
  const free = () => well().filter((device) => used(device.id) < placesOf(device))

  /** Looks at all who wait: what was unfit for them when they came may have been mended since. */
  function serve(): void {
    for (const one of [...waiting]) {
      const device = choose(one.wish, { all: watch.now(), well: well(), free: free(), loaded })
      if (!device) continue
      waiting.splice(waiting.indexOf(one), 1)
      one.take(leaseOf(device, one.wish))
    }
  }

  function leaseOf(device: Device, { job, profile }: Wish): Lease {
    const held = { device: device.id, job: job ?? null, profile: profile ?? null, since: clock.now() }
    leases.add(held)
    return openLease(device, held.since, async ({ before, tookBytes, keeps, degraded }) => {
      try {
        if (profile !== undefined) loaded.set(device.id, profile)
        const taken = { before, bytes: tookBytes, since: held.since }
        const left = keeps ? null : await memoryBack({ watch, clock }, taken)
        if (degraded) watch.degrade(device.id, { ...degraded, backAt: left?.backAt ?? before.freeBytes - NOISE_BYTES })
        else if (left) watch.degrade(device.id, left)
      } finally {
        leases.delete(held)
        serve()
      }
    })
  }

  watch.onChange(serve)
  return {
    acquire: async (signal, wish = {}) => {
      signal?.throwIfAborted()
      const given = turn(waiting, wish, signal)
      serve()
      const lease = await given
      try {
        if (isMeasured(lease.device)) await Promise.race([see(lease), aborted(signal)])
        signal?.throwIfAborted()
        return lease
      } catch (error) {
        lease.keep() // nothing was begun on it: nothing is waited for
        await lease[Symbol.asyncDispose]()
        throw error
      }
    },
    counts: () => ({
      busy: leases.size,
      waiting: waiting.length,
      slots: well().reduce((sum, device) => sum + placesOf(device), 0),
    }),
    held: () => [...leases],
    waiting: () => waiting.flatMap(({ wish }) => wish.job ?? []),
    warm: () => free().flatMap(({ id }) => loaded.get(id) ?? []),
    onChange: (hear) => watch.onChange(hear),
  }
}

/** How a lease ended, for whoever takes the device back. */
interface Ending {
  before: Device
  tookBytes: number
  keeps: boolean
  degraded: { why: string; pid?: number | undefined } | undefined
}

function openLease(device: Device, since: number, giveBack: (ending: Ending) => Promise<void>): Lease {
  const ending: Ending = { before: device, tookBytes: 0, keeps: false, degraded: undefined }
  let over: Promise<void> | undefined
  return {
    get device() {
      return ending.before
    },
    set device(seen) {
      ending.before = seen
    },
    since,
    took(bytes) {
      ending.tookBytes = Math.max(ending.tookBytes, bytes)
    },
    keep() {
      ending.keeps = true
    },
    degrade(why, pid) {
      ending.degraded = { why, pid }
    },
    [Symbol.asyncDispose]() {
      over ??= giveBack(ending)
      return over
    },
  }
}

/** A tool that hangs must not keep who gives up. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
}

function turn(waiting: Waiting[], wish: Wish, signal: AbortSignal | undefined): Promise<Lease> {
  return new Promise((resolve, reject) => {
    const take = (lease: Lease) => {
      signal?.removeEventListener('abort', giveUp)
      resolve(lease)
    }
    const one = { wish, take }
    const giveUp = () => {
      waiting.splice(waiting.indexOf(one), 1)
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    waiting.push(one)
  })
}
