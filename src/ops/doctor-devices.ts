import { saysOfMemory } from '../gpu/devices/configured.ts'
import type { DeviceWatch } from '../gpu/devices/watch.ts'
import type { Device } from '../gpu/devices.ts'
import { TIERS, tierFor } from '../gpu/tiers.ts'
import { bytes } from '../web/format.ts'
import { type Finding, ok, warn } from './finding.ts'

type Watch = Pick<DeviceWatch, 'degraded' | 'troubles'>

/** Every device with its memory and tier, those that are left alone, and what could not be found out. */
export function examineDevices(devices: Device[], watch?: Watch): Finding[] {
  const found = devices.map((device) => examineDevice(device, devices.length === 1, watch))
  const troubles = watch?.troubles() ?? devices.flatMap((device) => saysOfMemory(device) ?? [])
  const table = TIERS.map((t) => `${t.name} ${bytes(t.bytes)}, ${t.steps} steps, guidance ${t.guidance.toFixed(1)}`)
  return [...found, ...troubles.map((trouble) => warn('device', trouble)), ok('tiers', table.join(' | '))]
}

function examineDevice(device: Device, isOnly: boolean, watch: Watch | undefined): Finding {
  const { id, name, kind, freeBytes, totalBytes, driver } = device
  const degraded = watch?.degraded(id)
  if (degraded) return warn('device', `${name} takes no work. ${degraded.why}`)
  if (kind === 'cpu' && !isOnly) return ok('device', `${name}, for what needs no GPU`)
  const memory = totalBytes > 0 ? `${bytes(freeBytes)} of ${bytes(totalBytes)} free` : 'memory unknown'
  const says = `${name}, ${memory}: tier ${tierFor(device).name}${driver ? `, driver ${driver}` : ''}`
  if (kind !== 'cpu') return ok('device', says)
  return ok('device', `${says}. No GPU was found, so pictures are sketched on the processor`)
}
