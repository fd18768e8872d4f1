import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Device } from '../devices.ts'
import { amdId } from './amd-id.ts'
import type { Look } from './probe.ts'
import { celsius, whole } from './reading.ts'

const AMD = '0x1002'
const INTEL = '0x8086'

/**
 * Cards as the kernel shows them, for a machine on which their vendor's tool is not installed. Only those that can compute:
 * AMD's where its compute driver is loaded, Intel's that have memory of their own.
 */
export function lookInSysfs(kind: 'rocm' | 'xpu', root = '/'): Look {
  return async () => {
    if (kind === 'rocm' && !existsSync(join(root, 'dev/kfd'))) return { absent: true }
    const cards = cardsIn(join(root, 'sys/class/drm')).flatMap((card) => (kind === 'rocm' ? amd(card) : intel(card)))
    if (cards.length === 0) return { absent: true }
    const inOrder = cards.sort((a, b) => (a.address < b.address ? -1 : 1))
    return { devices: inOrder.map(({ device }, index) => ({ ...device, index })) }
  }
}

interface Card {
  address: string
  device: Device
}

function amd(card: string): Card[] {
  const total = whole(read(card, 'device/mem_info_vram_total'))
  if (read(card, 'device/vendor') !== AMD || total === null) return []
  const used = whole(read(card, 'device/mem_info_vram_used')) ?? total
  const serial = read(card, 'device/unique_id')
  const name = read(card, 'device/product_name') || 'AMD GPU'
  const address = addressOf(card)
  const id = amdId(serial && `0x${serial}`, address)
  return [{ address, device: { ...deviceOf(card, id, name, total, total - used), kind: 'rocm' } }]
}

function intel(card: string): Card[] {
  const total = whole(read(card, 'lmem_total_bytes')) ?? whole(read(card, 'device/tile0/physical_vram_size_bytes'))
  if (read(card, 'device/vendor') !== INTEL || !total) return []
  const free = whole(read(card, 'lmem_avail_bytes')) ?? total
  const address = addressOf(card)
  return [{ address, device: { ...deviceOf(card, `pci-${address}`, 'Intel GPU', total, free), kind: 'xpu' } }]
}

function deviceOf(card: string, id: string, name: string, totalBytes: number, freeBytes: number) {
  const sensors = list(join(card, 'device/hwmon')).map((one) => whole(read(card, `device/hwmon/${one}/temp1_input`)))
  const [milli] = sensors.filter((one) => one !== null)
  return { id, name, totalBytes, freeBytes, temperature: celsius((milli ?? 0) / 1000) }
}

function cardsIn(folder: string): string[] {
  return list(folder).flatMap((name) => (/^card\d+$/.test(name) ? [join(folder, name)] : []))
}

function addressOf(card: string): string {
  return /^PCI_SLOT_NAME=(.+)$/m.exec(read(card, 'device/uevent') ?? '')?.[1]?.toLowerCase() ?? basename(card)
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no such folder: no such card
  }
}

function read(card: string, file: string): string | null {
  try {
    return readFileSync(join(card, file), 'utf8').trim()
  } catch {
    return null // this driver does not have the file
  }
}
