/** Looks that are remembered: ten minutes of a machine at work. */
const KEPT = 200

export interface Sample {
  at: number
  freeBytes: number
}

/** What was free on each device, in memory alone. */
export interface History {
  add(device: string, sample: Sample): void
  /** The oldest first. */
  of(device: string): Sample[]
}

export function openHistory(): History {
  const rings = new Map<string, Sample[]>()
  return {
    add(device, sample) {
      rings.set(device, [...(rings.get(device) ?? []), sample].slice(-KEPT))
    },
    of: (device) => rings.get(device) ?? [],
  }
}
