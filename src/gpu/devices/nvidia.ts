import type { Device, DeviceProcess } from '../devices.ts'
import { parseSlices, parseUuids, type Slice } from './nvidia-slices.ts'
import type { Look } from './probe.ts'
import { celsius, mebibytes } from './reading.ts'

/** Known to every driver of the last ten years, … */
const FIELDS = 'index,uuid,pci.bus_id,name,memory.total,memory.used,memory.free,driver_version,temperature.gpu'
/** … and only to those that can partition a card. */
const SINCE_450 = `${FIELDS},mig.mode.current`
const FORMAT = '--format=csv,noheader,nounits'
/** The name comes last: it may hold commas. */
const APPS = ['nvidia-smi', '--query-compute-apps=gpu_uuid,pid,used_memory,process_name', FORMAT]
const NONE = /^No devices were found/

/** A card, and whether it is partitioned. */
export interface Card extends Device {
  isSliced: boolean
}

/** NVIDIA's cards as the driver's own tool says, with the slices of a partitioned one in its place. */
export const lookAtNvidia: Look = async (run, signal) => {
  const query = (fields: string) => run(['nvidia-smi', `--query-gpu=${fields}`, FORMAT], signal)
  const newer = await query(SINCE_450)
  const isOld = 'failed' in newer && newer.failed.includes('not a valid field')
  const said = isOld ? await query(FIELDS) : newer
  if (!('text' in said)) return said
  const { cards, unread } = parseCards(said.text)
  if (cards.length === 0 && unread) return { failed: unread }
  const apps = cards.length > 0 ? await run(APPS, signal) : { absent: true }
  const processes = 'text' in apps ? parseApps(apps.text) : undefined
  const sliced = cards.some(({ isSliced }) => isSliced)
  const slices = sliced ? await slicesOf(run, signal) : []
  const devices = cards.flatMap(({ isSliced, ...card }) =>
    isSliced ? inPlaceOf(card, slices) : [{ ...card, ...(processes && { processes: processes.get(card.id) ?? [] }) }],
  )
  return { devices, said: unread }
}

/** The cards of a CSV; what a chip that shares the machine's memory does not say is worked out, or zero. */
export function parseCards(text: string): { cards: Card[]; unread: string | undefined } {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const cards = lines.flatMap(parseCard)
  const unread = lines.find((line) => parseCard(line).length === 0 && !NONE.test(line))
  return { cards, unread: unread?.trim().slice(0, 200) }
}

function parseCard(line: string): Card[] {
  const [index, uuid, bus, name, total, used, free, driver, temperature, mig] = line.split(',').map((one) => one.trim())
  if (!/^\d+$/.test(index!) || !temperature || !/^[\da-f]+:[\da-f]+:/i.test(bus!)) return []
  const totalBytes = mebibytes(total!) ?? 0
  const usedBytes = mebibytes(used!)
  const freeBytes = mebibytes(free!) ?? (usedBytes === null ? 0 : totalBytes - usedBytes)
  const isUuid = /^GPU-[\w-]+$/.test(uuid!)
  return [
    {
      id: isUuid ? uuid! : `pci-${bus!.toLowerCase()}`,
      name: name!,
      kind: 'cuda',
      totalBytes,
      freeBytes: Math.max(0, freeBytes),
      index: Number(index),
      driver: driver!,
      temperature: celsius(temperature),
      mig: null,
      isSliced: mig === 'Enabled',
    },
  ]
}

/** Who computes on which card, by its UUID. Where the driver hides how much (WSL2), it is null. */
export function parseApps(text: string): Map<string, DeviceProcess[]> {
  const found = new Map<string, DeviceProcess[]>()
  for (const line of text.split('\n')) {
    const [, uuid, pid, used, name] = /^\s*((?:GPU|MIG)-[^,]+), *(\d+), *([^,]*), *(.*)$/.exec(line) ?? []
    if (!uuid) continue
    const one = { pid: Number(pid), name: name!.trim(), usedBytes: mebibytes(used!.trim()) }
    found.set(uuid, [...(found.get(uuid) ?? []), one])
  }
  return found
}

async function slicesOf(run: Parameters<Look>[0], signal?: AbortSignal): Promise<Slice[]> {
  const [list, log] = await Promise.all([run(['nvidia-smi', '-L'], signal), run(['nvidia-smi', '-q', '-x'], signal)])
  return 'text' in list && 'text' in log ? parseSlices(parseUuids(list.text), log.text) : []
}

function inPlaceOf(card: Device, slices: Slice[]): Device[] {
  const own = slices.filter(({ card: uuid }) => uuid === card.id)
  return own.map(({ card: _, profile, ...slice }) => ({
    ...card,
    ...slice,
    name: `${card.name} ${profile}`,
    mig: profile,
  }))
}
