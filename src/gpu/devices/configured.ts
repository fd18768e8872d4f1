import type { Device } from '../devices.ts'

interface Seen {
  devices: Device[]
  said?: string | undefined
}

/** Gives devices that report no memory (WSL2, passed through, shared with the machine) the figure of the setting. */
export function configured({ devices, said }: Seen, memoryBytes: number | undefined): Seen {
  const figured = devices.map((device) => {
    if (device.totalBytes > 0 || !memoryBytes) return device
    return { ...device, totalBytes: memoryBytes, freeBytes: memoryBytes, configured: true }
  })
  return { devices: figured, said }
}

/** What a person is told of a device whose memory nobody measures; null: somebody does. */
export function saysOfMemory({ name, kind, totalBytes, configured }: Device): string | null {
  if (configured) return `${name} does not report its memory: it is taken to have what HEARTH_GPU_MEMORY_GB says.`
  if (totalBytes > 0 || kind === 'cpu') return null
  return `${name} does not report its memory. Say how much it has with HEARTH_GPU_MEMORY_GB.`
}
