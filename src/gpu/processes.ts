import { closeSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { startTimeOf } from '../sandbox/start-time.ts'
import { writeWhole } from './durable.ts'
import { readInAttempt } from './folder.ts'
import { readLine } from './protocol.ts'

const FILE = 'process.json'
/** In the environment of all that an attempt has started: its folder. What has left the process group bears it still. */
export const MARK = 'HEARTH_ATTEMPT'
const MOST_LOOKED_AT = 20_000 // processes
const environment = Buffer.alloc(64 * 1024) // what is read of each
const TURN = 100 // processes, before others get a turn
/** How long a killed process may take to die: one that hangs in a driver is left to the look at the device's memory. */
const DEATH_MS = 1_000
const DEATH_POLL_MS = 5

/** Who runs an attempt. A pid alone may be another's by now; with the start time and the boot it can't. */
const processFacts = z.object({ pid: z.number().int().min(2), startTime: z.string(), bootId: z.string() })

/** Notes the child of an attempt, for the sweep after a crash of the server. A crash of the machine ends the child, too: nothing waits for the disk. */
export function noteProcess(folder: string, pid: number): void {
  const startTime = startTimeOf(pid)
  if (startTime) writeWhole(join(folder, FILE), JSON.stringify({ pid, startTime, bootId: bootId() }))
}

export function forgetProcess(folder: string): void {
  try {
    rmSync(join(folder, FILE), { force: true })
  } catch {
    // a note that can't be taken away does no harm: its start time tells that the pid is another's by now
  }
}

/** Kills what a dead server has left, grandchildren too, and gives their pids. Call at boot, before anything is queued again. */
export function sweepOrphans(attempts: string): number[] {
  const noted = list(attempts).flatMap((job) =>
    list(join(attempts, job)).flatMap((attempt) => {
      const folder = join(attempts, job, attempt)
      const pid = sweepFolder(folder)
      forgetProcess(folder)
      return pid === null ? [] : [pid]
    }),
  )
  const strays = processes().filter((pid) => !noted.includes(pid) && markOf(pid)?.startsWith(`${attempts}/`))
  for (const pid of strays) end(pid)
  return [...noted, ...strays]
}

/** Kills all that bears the mark of one attempt, wherever it has gone, and waits until it is gone: a killed process dies a moment later. */
export async function endMarked(folder: string): Promise<void> {
  const ended = new Map<number, string | null>()
  for (const [n, pid] of processes().entries()) {
    if (n % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve))
    if (markOf(pid) !== folder) continue
    ended.set(pid, startTimeOf(pid))
    end(pid)
  }
  const lives = () => [...ended].some(([pid, startTime]) => startTime !== null && startTimeOf(pid) === startTime)
  for (let waited = 0; lives() && waited < DEATH_MS; waited += DEATH_POLL_MS) await Bun.sleep(DEATH_POLL_MS)
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

function processes(): number[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid)
    .slice(0, MOST_LOOKED_AT)
}

/** The attempt that a process belongs to, as its environment says; another user's can't be read. */
function markOf(pid: number): string | null {
  const found = new RegExp(`(?:^|\0)${MARK}=([^\0]*)`).exec(environmentOf(pid))
  return found ? found[1]! : null
}

function environmentOf(pid: number): string {
  try {
    const fd = openSync(`/proc/${pid}/environ`, 'r')
    try {
      return environment.toString('utf8', 0, readSync(fd, environment, 0, environment.length, 0))
    } finally {
      closeSync(fd)
    }
  } catch {
    return '' // ended since it was listed, or another user's
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}

function sweepFolder(folder: string): number | null {
  const facts = readFacts(folder)
  if (!facts || facts.bootId !== bootId() || startTimeOf(facts.pid) !== facts.startTime) return null
  if (markOf(facts.pid) !== folder) return null // the note lies where a worker can write: its word is not enough
  signalGroup(facts.pid, 'SIGKILL')
  return facts.pid
}

function readFacts(folder: string) {
  const text = readInAttempt(folder, FILE) // none: the attempt ended in order
  return text === null ? null : readLine(processFacts, text)
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
