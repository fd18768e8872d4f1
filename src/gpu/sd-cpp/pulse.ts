import { readFileSync } from 'node:fs'

/**
 * Says whether a process has done anything since it was last asked: has used the processor, or read or written. The
 * program says nothing while it encodes or decodes; one that hangs must not be kept alive by our own clock.
 */
export function pulseOf(pid: number): () => boolean {
  let last = ''
  return () => {
    const now = `${processorTicks(pid)} ${bytesMoved(pid)}`
    const isAlive = now !== last
    last = now
    return isAlive
  }
}

/** Fields 14 and 15 of `stat`, after the name, which may hold spaces. */
function processorTicks(pid: number): string {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ')
  return `${fields[11]} ${fields[12]}`
}

function bytesMoved(pid: number): string {
  return (/rchar: (\d+)\nwchar: (\d+)/.exec(read(`/proc/${pid}/io`)) ?? []).slice(1).join(' ')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended: its exit is heard of elsewhere
  }
}
