import type { Log } from '../../log.ts'
import type { Device } from '../devices.ts'
import { saysOfMemory } from './configured.ts'
import type { Sight } from './probe.ts'

/** Looks in a row that a vendor's tool may fail before its devices are taken to be gone. */
const MOST_MISSES = 3

interface Known {
  devices: Device[]
  misses: number
  /** Why it could not say. */
  said?: string | undefined
}

interface Seen {
  devices: Device[]
  said?: string | undefined
}

/** What the vendors' tools have said so far: one that fails once has not taken its devices away. */
export interface Sightings {
  note(sights: Record<string, Sight>): void
  devices(): Device[]
  /** Sentences for people: on tools that fail, and on memory that nobody measures. */
  troubles(): string[]
}

export function openSightings(log: Log): Sightings {
  const known = new Map<string, Known>()
  const told = new Set<string>()

  function noteOne(vendor: string, sight: Sight): void {
    if ('devices' in sight) noteDevices(vendor, sight)
    else if ('absent' in sight) known.delete(vendor)
    else noteFailure(vendor, sight.failed)
  }

  function noteDevices(vendor: string, { devices, said }: Seen): void {
    tellOnce(said && `${vendor}: ${said}`)
    for (const device of devices) tellOnce(saysOfMemory(device))
    known.set(vendor, { devices, misses: 0, said })
  }

  function tellOnce(sentence: string | null | undefined): void {
    if (!sentence || told.has(sentence)) return
    told.add(sentence)
    log.warn('a device was not understood', { said: sentence })
  }

  function noteFailure(vendor: string, said: string): void {
    const before = known.get(vendor) ?? { devices: [], misses: 0 }
    if (before.said !== said) log.warn('the tool of a vendor of devices failed', { vendor, said })
    const misses = before.misses + 1
    known.set(vendor, { devices: misses < MOST_MISSES ? before.devices : [], misses, said })
  }

  return {
    note: (sights) => {
      for (const [vendor, sight] of Object.entries(sights)) noteOne(vendor, sight)
    },
    devices: () => [...known.values()].flatMap(({ devices }) => devices),
    troubles: () =>
      [...known].flatMap(([vendor, { said, devices }]) => [
        ...(said ? [`Not all of ${vendor}’s devices could be asked. Their tool says: ${said}`] : []),
        ...devices.flatMap((device) => saysOfMemory(device) ?? []),
      ]),
  }
}
