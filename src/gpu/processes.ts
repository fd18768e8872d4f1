import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { startTimeOf } from '../sandbox/start-time.ts'
import { writeDurably } from './folder.ts'
import { readLine } from './protocol.ts'

const FILE = 'process.json'

/** Who runs an attempt. A pid alone may be another's by now; with the start time and the boot it can't. */
const processFacts = z.object({ pid: z.number().int().min(2), startTime: z.string(), bootId: z.string() })

/** Notes the child of an attempt, for the sweep after a crash of the server. */
export function noteProcess(folder: string, pid: number): void {
  const startTime = startTimeOf(pid)
  if (startTime) writeDurably(join(folder, FILE), JSON.stringify({ pid, startTime, bootId: bootId() }))
}

export function forgetProcess(folder: string): void {
  try {
    rmSync(join(folder, FILE), { force: true })
  } catch {
    // a note that can't be taken away does no harm: its start time tells that the pid is another's by now
  }
}

/** Kills the children that a dead server has left, and gives their pids. Call at boot, before anything is queued again. */
export function sweepOrphans(attempts: string): number[] {
  return list(attempts).flatMap((job) =>
    list(join(attempts, job)).flatMap((attempt) => {
      const folder = join(attempts, job, attempt)
      const pid = sweepFolder(folder)
      forgetProcess(folder)
      return pid === null ? [] : [pid]
    }),
  )
}

/** Sends a signal to a whole process group. False when nobody was there to get it. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false // ESRCH: all of it has ended
  }
}

function sweepFolder(folder: string): number | null {
  const facts = readFacts(folder)
  if (!facts || facts.bootId !== bootId() || startTimeOf(facts.pid) !== facts.startTime) return null
  signalGroup(facts.pid, 'SIGKILL')
  return facts.pid
}

function readFacts(folder: string) {
  try {
    return readLine(processFacts, readFileSync(join(folder, FILE), 'utf8'))
  } catch {
    return null // nothing noted: the attempt ended in order
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no such folder: nothing was ever run
  }
}
