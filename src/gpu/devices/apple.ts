import { totalmem } from 'node:os'
import type { Device } from '../devices.ts'
import type { Look } from './probe.ts'
import { isRecord, jsonIn, records } from './reading.ts'

/** Apple's chips, whose memory is the machine's. */
export const lookAtApple: Look = async (run, signal) => {
  const [displays, pages] = await Promise.all([
    run(['system_profiler', 'SPDisplaysDataType', '-json'], signal),
    run(['vm_stat'], signal),
  ])
  if (!('text' in displays)) return displays
  const devices = parseApple(displays.text, 'text' in pages ? pages.text : '', totalmem())
  return devices ? { devices } : { failed: 'system_profiler said nothing that can be read' }
}

export function parseApple(displays: string, pages: string, totalBytes: number): Device[] | null {
  const read = jsonIn(displays)
  if (!isRecord(read) || !Array.isArray(read.SPDisplaysDataType)) return null
  const chip = records(read.SPDisplaysDataType).find((one) => /^Apple/.test(String(one.sppci_model ?? one._name)))
  if (!chip) return []
  const name = String(chip.sppci_model ?? chip._name)
  return [{ id: 'mps', name, kind: 'mps', totalBytes, freeBytes: freeIn(pages) ?? 0, temperature: null }]
}

/** What can be had without swapping: pages that are free, or hold only what can be read again. */
function freeIn(pages: string): number | null {
  const size = Number(/page size of (\d+) bytes/.exec(pages)?.[1])
  const counts = ['free', 'inactive', 'speculative', 'purgeable'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)`, 'm').exec(pages)?.[1] ?? 0),
  )
  return size > 0 ? counts.reduce((sum, one) => sum + one, 0) * size : null
}
