import { readFileSync } from 'node:fs'

/** Counts how often the kernel has killed a process for want of the host's memory, or null where nobody can know. */
export type OomKills = () => number | null

/** In this server's control group (v2, then v1); else on the whole machine. Children are in the same group. */
export function kernelOomKills(root = ''): OomKills {
  return () => {
    const groups = read(`${root}/proc/self/cgroup`) ?? ''
    const unified = /^0::(\/.*)$/m.exec(groups)?.[1]
    const legacy = /^\d+:(?:[\w,]*,)?memory(?:,[\w,]*)?:(\/.*)$/m.exec(groups)?.[1]
    return (
      (unified === undefined ? null : count(read(`${root}/sys/fs/cgroup${unified}/memory.events`))) ??
      (legacy === undefined ? null : count(read(`${root}/sys/fs/cgroup/memory${legacy}/memory.oom_control`))) ??
      count(read(`${root}/proc/vmstat`))
    )
  }
}

function count(text: string | null): number | null {
  const found = /^oom_kill (\d+)$/m.exec(text ?? '')
  return found ? Number(found[1]) : null
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // no such group here
  }
}
