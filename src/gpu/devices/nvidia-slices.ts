import type { Device, DeviceProcess } from '../devices.ts'
import { mebibytes } from './reading.ts'

/** A slice of a partitioned card (MIG). */
export interface Slice extends Pick<Device, 'id' | 'totalBytes' | 'freeBytes'> {
  /** The UUID of its card. */
  card: string
  /** Such as `1g.10gb`. */
  profile: string
  processes: DeviceProcess[]
}

/** `nvidia-smi -L`: the UUID and profile of each slice, by its card's UUID and its own number there. */
export type SliceNames = Map<string, { id: string; profile: string }>

export function parseUuids(text: string): SliceNames {
  const names: SliceNames = new Map()
  let card = ''
  for (const line of text.split('\n')) {
    card = /^GPU \d+:.*\(UUID: (GPU-[\w-]+)\)/.exec(line)?.[1] ?? card
    const [, profile, index, id] = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[\w/-]+)\)/.exec(line) ?? []
    if (id) names.set(`${card}#${index}`, { id, profile: profile! })
  }
  return names
}

/** The slices in `nvidia-smi -q -x`, which alone says how much is free in each; `-L` alone says how they are called. */
export function parseSlices(names: SliceNames, xml: string): Slice[] {
  return blocks(xml, 'gpu').flatMap((gpu) => {
    const card = value(withoutAll(gpu, 'mig_devices'), 'uuid') ?? ''
    const processes = blocks(gpu, 'process_info')
    return blocks(gpu, 'mig_device').flatMap((slice) => {
      const named = names.get(`${card}#${value(slice, 'index')}`)
      const memory = blocks(slice, 'fb_memory_usage')[0] ?? ''
      const totalBytes = mebibytes(value(memory, 'total') ?? '') ?? 0
      const used = mebibytes(value(memory, 'used') ?? '') ?? 0
      const freeBytes = mebibytes(value(memory, 'free') ?? '') ?? totalBytes - used
      const instance = value(slice, 'gpu_instance_id')
      const own = processes.filter((one) => value(one, 'gpu_instance_id') === instance).flatMap(processOf)
      return named ? [{ card, ...named, totalBytes, freeBytes, processes: own }] : []
    })
  })
}

function processOf(block: string): DeviceProcess[] {
  const pid = Number(value(block, 'pid'))
  if (!Number.isInteger(pid) || pid < 1) return []
  return [{ pid, name: value(block, 'process_name') ?? '', usedBytes: mebibytes(value(block, 'used_memory') ?? '') }]
}

/** The insides of all elements of this name; none of ours is nested in itself. */
function blocks(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inside]) => inside!)
}

function withoutAll(xml: string, name: string): string {
  return xml.replaceAll(new RegExp(`<${name}>[\\s\\S]*?</${name}>`, 'g'), '')
}

function value(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim()
}
