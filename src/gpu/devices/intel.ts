import type { Device } from '../devices.ts'
import type { Look } from './probe.ts'
import { celsius, isRecord, jsonIn, records, whole } from './reading.ts'
import type { Answer } from './tool.ts'

const MIB = 1024 ** 2

/** Intel's cards by `xpu-smi`: which there are, then what each says of itself. */
export const lookAtIntel: Look = async (run, signal) => {
  const ask = (...args: string[]) => run(['xpu-smi', ...args, '-j'], signal)
  const list = await ask('discovery')
  if (!('text' in list)) return list
  const cards = parseList(list.text)
  if (!cards) return { failed: 'xpu-smi said nothing that can be read' }
  const devices = cards.map(async (card, index) => {
    const [facts, stats] = await Promise.all([
      ask('discovery', '-d', String(card.device_id)),
      ask('stats', '-d', String(card.device_id)),
    ])
    return parseCard({ ...card, ...objectIn(facts) }, objectIn(stats), index)
  })
  return { devices: await Promise.all(devices) }
}

/** In the order of the bus, which is the one that `ZE_AFFINITY_MASK` counts in. */
export function parseList(text: string): Record<string, unknown>[] | null {
  const read = jsonIn(text)
  if (!isRecord(read) || !Array.isArray(read.device_list)) return null
  const address = (card: Record<string, unknown>) => String(card.pci_bdf_address)
  return records(read.device_list).sort((a, b) => (address(a) < address(b) ? -1 : 1))
}

export function parseCard(card: Record<string, unknown>, stats: Record<string, unknown>, index: number): Device {
  const totalBytes = whole(card.memory_physical_size_byte) ?? 0
  const used = metric(stats, 'XPUM_STATS_MEMORY_USED')
  return {
    id: `pci-${String(card.pci_bdf_address).toLowerCase()}`,
    name: String(card.device_name ?? 'Intel GPU'),
    kind: 'xpu',
    totalBytes,
    freeBytes: used === null ? totalBytes : Math.max(0, totalBytes - used * MIB),
    index,
    driver: String(card.driver_version ?? ''),
    temperature: celsius(metric(stats, 'XPUM_STATS_GPU_CORE_TEMPERATURE')),
  }
}

/** Of the card, or of its tiles together. */
function metric(stats: Record<string, unknown>, type: string): number | null {
  const values = (list: unknown) =>
    records(list).flatMap((one) => (one.metrics_type === type ? (whole(one.value) ?? []) : []))
  const [ofCard] = values(stats.device_level)
  if (ofCard !== undefined) return ofCard
  const tiles = records(stats.tile_level).flatMap((tile) => values(tile.data_list))
  return tiles.length > 0 ? tiles.reduce((sum, one) => sum + one, 0) : null
}

function objectIn(answer: Answer): Record<string, unknown> {
  const read = 'text' in answer ? jsonIn(answer.text) : undefined
  return isRecord(read) ? read : {}
}
