import { cpus, freemem, totalmem } from 'node:os'

/** The kind that a spec and a manifest name: what a framework calls the way to a device. */
export type DeviceKind = 'cpu' | 'cuda' | 'rocm' | 'xpu' | 'mps'

/** Something that pictures can be made on. Bytes are of its own memory, or of the machine's where they share it. */
export interface Device {
  /** Stays the same when devices are put in another order: a UUID, else the PCI address, else `cpu`. */
  id: string
  name: string
  kind: DeviceKind
  totalBytes: number
  freeBytes: number
  /** Among those of its kind, as the vendor's tool counts. */
  index?: number
  driver?: string
  /** Of its chip, in degrees Celsius; null: it does not say. */
  temperature?: number | null
  /** Who holds memory on it; absent: the tool can't tell. */
  processes?: DeviceProcess[]
  /** The profile of a slice of a partitioned card, such as `1g.10gb`. */
  mig?: string | null
  /** It reports no memory: the figure comes from a setting. */
  configured?: boolean
}

export interface DeviceProcess {
  pid: number
  name?: string
  usedBytes: number | null
}

/** The processor, which is always there. */
export function cpuDevice(): Device {
  const model = cpus()[0]?.model.trim()
  const name = model && model !== 'unknown' ? `CPU (${model})` : 'CPU'
  return { id: 'cpu', name, kind: 'cpu', totalBytes: totalmem(), freeBytes: freemem() }
}

/** What a child is told so that it sees this device alone, as its first. */
export function deviceEnv({ id, kind, index = 0 }: Pick<Device, 'id' | 'kind' | 'index'>): Record<string, string> {
  const at = String(index)
  if (kind === 'cuda') return { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: isUuid(id) ? id : at }
  if (kind === 'rocm') return { ROCR_VISIBLE_DEVICES: isUuid(id) ? id : at }
  if (kind === 'xpu') return { ZE_ENABLE_PCI_ID_DEVICE_ORDER: '1', ZE_AFFINITY_MASK: at }
  if (kind === 'cpu') return { CUDA_VISIBLE_DEVICES: '', ROCR_VISIBLE_DEVICES: '' }
  return {}
}

/** As `nvidia-smi` and ROCm name theirs; HIP counts within what ROCR leaves, so one variable is enough. */
function isUuid(id: string): boolean {
  return /^(GPU|MIG)-[\w-]+$/.test(id)
}
