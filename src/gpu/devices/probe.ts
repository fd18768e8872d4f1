import { cpuDevice, type Device } from '../devices.ts'
import { lookAtAmd } from './amd.ts'
import { lookAtApple } from './apple.ts'
import { configured } from './configured.ts'
import { lookAtIntel } from './intel.ts'
import { lookAtNvidia } from './nvidia.ts'
import { lookInSysfs } from './sysfs.ts'
import { type Run, toolRunner } from './tool.ts'

/**
 * What one vendor's tools said: its devices (with what could not be read of some), that there is no such tool, or why
 * nothing was said.
 */
export type Sight = { devices: Device[]; said?: string | undefined } | { absent: true } | { failed: string }

/** Asks the tools of one vendor. */
export type Look = (run: Run, signal?: AbortSignal) => Promise<Sight>

/** Looks at the whole machine: what each vendor's tools said, by vendor. */
export type Probe = (signal?: AbortSignal) => Promise<Record<string, Sight>>

export interface ProbeDeps {
  run?: Run
  /** The memory of a device that reports none, bytes. */
  memoryBytes?: number | undefined
  /** Where `sys` and `dev` are. */
  root?: string
}

/** Asks all vendors at once, each in children of its own. */
export function openProbe({ run = toolRunner(), memoryBytes, root }: ProbeDeps = {}): Probe {
  const vendors: Record<string, Look> = {
    NVIDIA: lookAtNvidia,
    AMD: orElse(lookAtAmd, lookInSysfs('rocm', root)),
    Intel: orElse(lookAtIntel, lookInSysfs('xpu', root)),
    Apple: lookAtApple,
  }
  return async (signal) => {
    const looks = Object.entries(vendors).map(async ([vendor, look]) => {
      const sight = await look(run, signal)
      return [vendor, 'devices' in sight ? configured(sight, memoryBytes) : sight] as const
    })
    return Object.fromEntries(await Promise.all(looks))
  }
}

/** The second, where the first finds no tool. */
function orElse(first: Look, second: Look): Look {
  return async (run, signal) => {
    const sight = await first(run, signal)
    return 'absent' in sight ? second(run, signal) : sight
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
