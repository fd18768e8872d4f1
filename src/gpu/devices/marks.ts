import type { Device } from '../devices.ts'

/** Why a device takes no work, and who holds its memory where that is known. */
export interface Degraded {
  why: string
  pid?: number | undefined
  /** Of the process. */
  name?: string | undefined
  since: number
  /** It is well again once so much is free, bytes. */
  backAt: number
}

/** Takes the marks away from the devices whose memory is back, and gives those devices. */
export function mendedBy(marks: Map<string, Degraded>, devices: Device[]): Device[] {
  const mended = devices.filter(({ id, freeBytes }) => freeBytes >= (marks.get(id)?.backAt ?? Infinity))
  for (const { id } of mended) marks.delete(id)
  return mended
}
