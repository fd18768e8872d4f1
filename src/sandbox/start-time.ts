import { readFileSync } from 'node:fs'

const START_TIME = 22 // field of /proc/<pid>/stat, proc(5)

/** Tells a process from another of the same number. Null when there is no such process, or it has ended and only waits to be reaped. */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // from field 3 on: the name may hold spaces
    return fields[0] === 'Z' ? null : fields[START_TIME - 3]!
  } catch {
    return null // no such process
  }
}
