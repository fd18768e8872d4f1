/** What a run may use. All of it is enforced from outside of the program that runs, or by the kernel. */
export interface Limits {
  /** Longest run, ms, by the wall clock. */
  wallMs: number
  /** Processor time of all its processes together, seconds. */
  cpuSeconds: number
  /** Memory of all its processes together, with what lies in its file systems, which are memory too. */
  memoryBytes: number
  /** Processes and threads at once. */
  processes: number
  /** Output (both streams) after which it is stopped. */
  outputBytes: number
  /** What its working copy can hold; as much again is there under `/tmp`. */
  diskBytes: number
  /** Files, folders and links at once, in all its file systems. */
  files: number
  /** New and changed files that are taken back. */
  backBytes: number
  /** How many of them. */
  backFiles: number
}

const KB = 1024
const MB = 1024 * KB

export const LIMITS: Readonly<Limits> = {
  wallMs: 120_000,
  cpuSeconds: 240,
  memoryBytes: 2_048 * MB,
  processes: 256,
  outputBytes: 8 * MB,
  diskBytes: 512 * MB,
  files: 50_000,
  backBytes: 64 * MB,
  backFiles: 2_000,
}

/** Open files of one process. */
export const OPEN_FILES = 1_024
/** Longest single file, in the blocks of 512 bytes in which a shell counts. */
export function fileBlocks({ diskBytes }: Limits): number {
  return Math.ceil(diskBytes / 512)
}

export function limitsWith(given: Partial<Limits> = {}): Limits {
  return { ...LIMITS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}
