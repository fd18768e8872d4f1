import { cpuDevice, type Device } from '../devices.ts'
import { lookAtNvidia } from './nvidia.ts'
import { type Run, toolRunner } from './tool.ts'

/** What one vendor's tools said: its devices, that there is no such tool, or why they said nothing. */
export type Sight = { devices: Device[] } | { absent: true } | { failed: string }

/** Asks the tools of one vendor. */
export type Look = (run: Run, signal?: AbortSignal) => Promise<Sight>

/** Looks at the whole machine: what each vendor's tools said, by vendor. */
export type Probe = (signal?: AbortSignal) => Promise<Record<string, Sight>>

const VENDORS: Readonly<Record<string, Look>> = { NVIDIA: lookAtNvidia }

/** Asks all vendors at once, each in children of its own. */
export function openProbe({ run = toolRunner() }: { run?: Run } = {}): Probe {
  return async (signal) => {
    const looks = Object.entries(VENDORS).map(async ([vendor, look]) => [vendor, await look(run, signal)] as const)
    return Object.fromEntries(await Promise.all(looks))
  }
}

/** Devices that are only said to be there; a function may say how much of each is free now. */
export function pretendedProbe(devices: Device[] | (() => Device[])): Probe {
  return async () => ({ pretended: { devices: typeof devices === 'function' ? devices() : devices } })
}

/** One look at this machine, for who does not watch it. */
export async function devicesHere(probe: Probe = openProbe()): Promise<Device[]> {
  const sights = Object.values(await probe())
  return [...sights.flatMap((sight) => ('devices' in sight ? sight.devices : [])), cpuDevice()]
}
