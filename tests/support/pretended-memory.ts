import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Probe, pretendedProbe } from '../../src/gpu/devices/probe.ts'
import type { Device, DeviceProcess } from '../../src/gpu/devices.ts'

/**
 * Devices whose memory is told by files: `<folder>/<device>/<pid>` holds how many bytes that process holds, as decimal text.
 * A process that has died holds nothing, as on a real card; a file with another name is held by nobody that can be named.
 */
export function memoryIn(folder: string, devices: Device[]): Probe {
  return pretendedProbe(() =>
    devices.map((device) => {
      const held = heldIn(join(folder, device.id))
      const used = held.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0)
      return { ...device, freeBytes: device.totalBytes - used, processes: held.filter(({ pid }) => pid > 0) }
    }),
  )
}

function heldIn(folder: string): DeviceProcess[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const pid = /^\d+$/.test(name) ? Number(name) : 0
    if (pid > 0 && !existsSync(`/proc/${pid}`)) return []
    return [{ pid, name: pid > 0 ? nameOf(pid) : name, usedBytes: Number(readFileSync(join(folder, name), 'utf8')) }]
  })
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return '' // it has just ended
  }
}
