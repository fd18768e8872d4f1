import type { Device } from '../devices.ts'
import type { Look } from './probe.ts'

const MIB = 1024 ** 2
const FIELDS = 'index,uuid,name,memory.total,memory.used,memory.free,driver_version,temperature.gpu,mig.mode.current'
const QUERY = ['nvidia-smi', `--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits']

/** NVIDIA's cards, as the driver's own tool says. */
export const lookAtNvidia: Look = async (run, signal) => {
  const cards = await run(QUERY, signal)
  if (!('text' in cards)) return cards
  return { devices: parseCards(cards.text) }
}

/** A chip that shares the machine's memory says `[N/A]`: what is left out is worked out, or is zero. */
export function parseCards(text: string): Device[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(',').map((field) => field.trim())
    if (!/^(GPU|MIG)-[\w-]+$/.test(fields[1] ?? '') || fields.length < 6) return []
    const [total, used, free] = fields.slice(3, 6).map(mebibytes)
    const totalBytes = total ?? 0
    const freeBytes = Math.max(0, free ?? (used == null ? 0 : totalBytes - used))
    return [{ id: fields[1]!, name: fields[2]!, kind: 'cuda', totalBytes, freeBytes, index: Number(fields[0]) }]
  })
}

function mebibytes(field: string): number | null {
  return /^\d+$/.test(field) ? Number(field) * MIB : null
}
