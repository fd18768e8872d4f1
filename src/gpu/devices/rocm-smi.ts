import type { Device, DeviceProcess } from '../devices.ts'
import { amdId } from './amd-id.ts'
import type { Look } from './probe.ts'
import { celsius, isRecord, jsonIn, whole } from './reading.ts'

const COMMAND =
  'rocm-smi --showproductname --showuniqueid --showbus --showmeminfo vram --showtemp --showdriverversion --showpids --json'

/** AMD's cards by the tool that ROCm had first. */
export const lookByRocmSmi: Look = async (run, signal) => {
  const said = await run(COMMAND.split(' '), signal)
  if (!('text' in said)) return said
  const devices = parseRocmSmi(said.text)
  return devices ? { devices } : { failed: 'rocm-smi said nothing that can be read' }
}

/** Its JSON; the keys' letters are large or small by version. Null when it is not to be read. */
export function parseRocmSmi(text: string): Device[] | null {
  const read = jsonIn(text)
  if (!isRecord(read)) return null
  const system = lowered(read.system)
  const cards = Object.entries(read).flatMap(([key, card]) => {
    const [, index] = /^card(\d+)$/.exec(key) ?? []
    return index === undefined || !isRecord(card) ? [] : [deviceOf(Number(index), lowered(card), system)]
  })
  const [only] = cards
  if (cards.length === 1) only!.processes = processesIn(system) // it does not say on which card each is
  return cards
}

function deviceOf(index: number, card: Record<string, unknown>, system: Record<string, unknown>): Device {
  const totalBytes = whole(card['vram total memory (b)']) ?? 0
  const used = whole(card['vram total used memory (b)']) ?? totalBytes
  return {
    id: amdId(card['unique id'], card['pci bus'] ?? index),
    name: nameOf(card),
    kind: 'rocm',
    totalBytes,
    freeBytes: Math.max(0, totalBytes - used),
    index,
    driver: String(system['driver version'] ?? card['driver version'] ?? ''),
    temperature: celsius(card['temperature (sensor edge) (c)']) ?? celsius(card['temperature (sensor junction) (c)']),
  }
}

function nameOf(card: Record<string, unknown>): string {
  const names = ['card series', 'card model', 'device name', 'gfx version'].map((key) => card[key])
  const name = names.find((one) => typeof one === 'string' && one !== '' && one !== 'N/A' && !/^0x/.test(one))
  return String(name ?? 'AMD GPU')
}

/** `"PID1234": "python3, 1, 1139888128, 0, 0"`: the name, how many cards, and the bytes of their memory. */
function processesIn(system: Record<string, unknown>): DeviceProcess[] {
  return Object.entries(system).flatMap(([key, value]) => {
    const [, pid] = /^pid(\d+)$/.exec(key) ?? []
    const [, name, used] = /^(.*?), *\d+, *(\d+),/.exec(String(value)) ?? []
    return pid === undefined ? [] : [{ pid: Number(pid), name: name ?? '', usedBytes: whole(used) }]
  })
}

function lowered(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), one]))
}
