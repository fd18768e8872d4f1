import type { Device, DeviceKind } from '../devices.ts'

const ANY = ['cuda', 'rocm', 'xpu', 'mps', 'cpu'] as const

/** What a job wants of a device. */
export interface Wish {
  /**
   * The kinds that it works on, the best first. Where `cpu` comes first it has the CPU to itself; else the CPU serves only
   * where there is no other of these kinds, so that nothing slow is begun while a GPU is busy.
   */
  kinds?: readonly DeviceKind[]
  /** Whether it is of any use to the job: without it, each of these kinds. */
  can?: (device: Device) => boolean
  /** Whether it is of use at this moment; one that is not is taken only when all that can are so. */
  fit?: (device: Device) => boolean
  /** The higher, the better; by default those that are warm for it come first. */
  prefer?: (device: Device) => number
  /** What the job loads: a device that loaded the same last still has it in its reach. */
  profile?: string | undefined
  /** Who asks, for those who look. */
  job?: string | undefined
}

interface Choice {
  /** All that there are, whether they may be used now or not. */
  all: Device[]
  /** Those that may be used, by this job or the ones that use them now. */
  well: Device[]
  free: Device[]
  /** What each has loaded last. */
  loaded: ReadonlyMap<string, string>
}

/** The free device that suits a wish best, if there is any. */
export function choose(
  { kinds = ANY, can = () => true, fit = () => true, profile, prefer }: Wish,
  { all, well, free, loaded }: Choice,
): Device | undefined {
  const useful = new Set(ofKinds(all.filter(can), kinds).map(({ id }) => id))
  const isUseful = ({ id }: Device) => useful.has(id)
  const isFit = well.filter(isUseful).some(fit) ? fit : () => true
  const isWarm = ({ id }: Device) => (profile !== undefined && loaded.get(id) === profile ? 1 : 0)
  return best(
    free.filter((device) => isUseful(device) && isFit(device)),
    prefer ?? isWarm,
  )
}

function ofKinds(devices: Device[], kinds: readonly DeviceKind[]): Device[] {
  const first = kinds.find((kind) => devices.some((device) => device.kind === kind))
  return devices.filter(({ kind }) => kinds.includes(kind) && (kind === 'cpu') === (first === 'cpu'))
}

/** The first of those that rate the highest. */
function best(devices: Device[], rate: (device: Device) => number): Device | undefined {
  const rates = devices.map(rate)
  return devices[rates.indexOf(Math.max(...rates))]
}
