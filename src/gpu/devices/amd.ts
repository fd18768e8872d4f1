import type { Device, DeviceProcess } from '../devices.ts'
import { amdId } from './amd-id.ts'
import type { Look } from './probe.ts'
import { celsius, isRecord, jsonIn, records, sized } from './reading.ts'
import { lookByRocmSmi } from './rocm-smi.ts'
import type { Answer } from './tool.ts'

/** AMD's cards: by `amd-smi`, or by the older `rocm-smi` where that is not there or fails. */
export const lookAtAmd: Look = async (run, signal) => {
  const ask = (...args: string[]) => run(['amd-smi', ...args, '--json'], signal)
  const [facts, now, work] = await Promise.all([
    ask('static', '--asic', '--bus', '--vram', '--driver'),
    ask('metric', '--mem-usage', '--temperature'),
    ask('process'),
  ])
  const devices = devicesIn(facts, now, work)
  if (devices) return { devices }
  const older = await lookByRocmSmi(run, signal)
  if (!('absent' in older) || 'absent' in facts) return older
  return { failed: 'failed' in facts ? facts.failed : 'amd-smi said nothing that can be read' }
}

function devicesIn(facts: Answer, now: Answer, work: Answer): Device[] | null {
  if (!('text' in facts) || !('text' in now)) return null
  return parseAmd(facts.text, now.text, 'text' in work ? work.text : '')
}

/** What three answers of `amd-smi` say together; null when they are not to be read. */
export function parseAmd(facts: string, now: string, work: string): Device[] | null {
  const [cards, states, lists] = [facts, now, work].map(gpusIn)
  if (!cards || !states) return null
  const of = (list: Record<string, unknown>[] | null, gpu: unknown) => list?.find((one) => one.gpu === gpu) ?? {}
  return cards.map((card) => deviceOf(card, of(states, card.gpu), processesIn(of(lists ?? null, card.gpu))))
}

/** Until ROCm 6 a list, since 7 a list inside an object. */
function gpusIn(text: string): Record<string, unknown>[] | null {
  const read = jsonIn(text)
  const list = isRecord(read) ? (read.gpu_data ?? read.process_data) : read
  return Array.isArray(list) ? records(list) : null
}

function deviceOf(
  card: Record<string, unknown>,
  state: Record<string, unknown>,
  processes: DeviceProcess[] | undefined,
): Device {
  const part = (from: Record<string, unknown>, name: string) => (isRecord(from[name]) ? from[name] : {})
  const [asic, bus, vram, driver] = ['asic', 'bus', 'vram', 'driver'].map((name) => part(card, name))
  const memory = part(state, 'mem_usage')
  const totalBytes = sized(memory.total_vram) ?? sized(vram!.size) ?? 0
  const used = sized(memory.used_vram)
  return {
    id: amdId(asic!.asic_serial, bus!.bdf),
    name: String(asic!.market_name ?? 'AMD GPU'),
    kind: 'rocm',
    totalBytes,
    freeBytes: sized(memory.free_vram) ?? Math.max(0, totalBytes - (used ?? totalBytes)),
    index: Number(card.gpu),
    driver: String(driver!.version ?? ''),
    temperature: temperatureIn(part(state, 'temperature')),
    ...(processes && { processes }),
  }
}

function temperatureIn(sensors: Record<string, unknown>): number | null {
  for (const name of ['edge', 'hotspot', 'mem']) {
    const sensor = sensors[name]
    const degrees = celsius(isRecord(sensor) ? sensor.value : sensor)
    if (degrees !== null) return degrees
  }
  return null
}

/** An absent list is not an empty one: then nobody knows. */
function processesIn(gpu: Record<string, unknown>): DeviceProcess[] | undefined {
  if (!Array.isArray(gpu.process_list)) return undefined
  return records(gpu.process_list).flatMap((entry) => {
    const info = isRecord(entry.process_info) ? entry.process_info : entry
    const memory = isRecord(info.memory_usage) ? info.memory_usage : {}
    const pid = Number(info.pid)
    return pid > 0 ? [{ pid, name: String(info.name ?? ''), usedBytes: sized(memory.vram_mem ?? info.mem_usage) }] : []
  })
}
