import { closeSync, constants, openSync, readdirSync, readFileSync, statfsSync } from 'node:fs'
import type { Limits } from './limits.ts'

/** Between two looks, ms: what a run can take in the meantime is bounded by its own limits in the kernel. */
export const LOOK_MS = 100
/** USER_HZ of Linux: the unit of times in /proc/<pid>/stat, on every machine that Hearth is built for. */
const TICKS_PER_SECOND = 100

/** What a run uses, all its processes and file systems together. */
export interface Use {
  memoryBytes: number
  cpuSeconds: number
  files: number
}

export interface Gauge extends Disposable {
  use(): Use
}

/**
 * Opens the eyes on a sandbox by its first process: its own list of processes and its file systems, held by handle, so that
 * no other process is ever looked at by a number that has changed hands. @throws the system's error where it can't be seen
 */
export function openGauge(pid: number, folders: readonly string[]): Gauge {
  const look = (path: string) => openSync(`/proc/${pid}/root${path}`, constants.O_RDONLY | constants.O_DIRECTORY)
  const list = look('/proc')
  const disks: number[] = []
  try {
    for (const folder of folders) disks.push(look(folder))
    if (pidsIn(list).length === 0) throw new Error('its processes can’t be seen')
  } catch (error) {
    for (const handle of [list, ...disks]) closeSync(handle)
    throw error
  }
  return {
    use: () => sum([...pidsIn(list).map((each) => useOf(list, each)), ...disks.map(diskUse)]),
    [Symbol.dispose]: () => {
      for (const handle of [list, ...disks]) closeSync(handle)
    },
  }
}

/** Which limit has been passed, if any. */
export function passed(use: Use, limits: Limits): 'memory' | 'cpu' | 'files' | undefined {
  if (use.memoryBytes > limits.memoryBytes) return 'memory'
  if (use.cpuSeconds > limits.cpuSeconds) return 'cpu'
  return use.files > limits.files ? 'files' : undefined
}

function pidsIn(list: number): string[] {
  try {
    return readdirSync(`/proc/self/fd/${list}`).filter((name) => /^\d+$/.test(name))
  } catch {
    return [] // it has ended
  }
}

function useOf(list: number, pid: string): Use {
  try {
    const status = readFileSync(`/proc/self/fd/${list}/${pid}/status`, 'latin1')
    const stat = readFileSync(`/proc/self/fd/${list}/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // from field 3 on: the name may hold spaces
    const ticks = fields.slice(11, 15).reduce((all, field) => all + Number(field), 0) // utime, stime, and of its dead children
    return { memoryBytes: privateMemory(status), cpuSeconds: ticks / TICKS_PER_SECOND, files: 0 }
  } catch {
    return NOTHING // it has ended meanwhile
  }
}

const NOTHING: Use = { memoryBytes: 0, cpuSeconds: 0, files: 0 }

/** What is its own, shared with nobody by name, or swapped out. Program text, which is the host's, counts nowhere. */
function privateMemory(status: string): number {
  const fields = status.matchAll(/^(?:RssAnon|RssShmem|VmSwap|VmPTE):\s+(\d+) kB$/gm)
  return [...fields].reduce((all, [, kb]) => all + Number(kb) * 1024, 0)
}

/** A file system in memory: what lies in it is memory too. */
function diskUse(handle: number): Use {
  const { blocks, bfree, bsize, files, ffree } = statfsSync(`/proc/self/fd/${handle}`)
  return { memoryBytes: (blocks - bfree) * bsize, cpuSeconds: 0, files: files - ffree }
}

function sum(uses: Use[]): Use {
  return uses.reduce(
    (all, use) => ({
      memoryBytes: all.memoryBytes + use.memoryBytes,
      cpuSeconds: all.cpuSeconds + use.cpuSeconds,
      files: all.files + use.files,
    }),
    NOTHING,
  )
}
