import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { splitLines } from './lines.ts'
import { diskFailure } from './outcome.ts'
import { forgetProcess, noteProcess, signalGroup } from './processes.ts'
import { GARBAGE_LIMIT, LINE_LIMIT, type Phase, readLine, type WorkerLine, workerLine } from './protocol.ts'

const LOG_LIMIT = 256 * 1024 // bytes of stderr that are kept
const TERM_AFTER_MS = 1_000 // from the cancel line
const KILL_AFTER_MS = 2_000 // from the SIGTERM
const PAUSE_MS = 10_000 // for a step to end and its checkpoint to be written
const LOOK_MS = 500 // a phase may have changed to one with a shorter deadline
const DRAIN_MS = 500 // a grandchild may hold stdout open after the child has ended
const MINIMAL_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }

/** Longest silence in each phase, ms, while this process was awake to hear a word. */
export const DEADLINES: Record<Phase, number> = {
  fetch: 30_000,
  load: 60_000,
  encode: 30_000,
  denoise: 30_000,
  decode: 30_000,
  save: 30_000,
}

export interface ChildOptions {
  command: string[]
  folder: string
  clock: Clock
  deadlines?: Partial<Record<Phase, number>>
  env?: Record<string, string>
  onLine(line: WorkerLine): void
  /** Ends the child at once, by the ladder: cancel line, SIGTERM, SIGKILL. */
  cancel: AbortSignal
  /** Asks it to write a checkpoint and end. */
  pause?: AbortSignal
}

export type ChildEnd =
  | {
      why: 'exit'
      code: number | null
      signal: number | string | null
      failed: { code: string; message: string } | null
    }
  | { why: 'hung'; phase: Phase; silentMs: number }
  | { why: 'garbage' }
  | { why: 'cancelled' }
  | { why: 'unstartable' }

/** Runs a worker to its end, whatever that is. When this resolves, its whole process group is gone. */
export async function runChild(options: ChildOptions): Promise<ChildEnd> {
  const { command, folder, env } = options
  const child = start(command, folder, env)
  if (!child) return { why: 'unstartable' }
  const over = new AbortController()
  try {
    note(folder, child.pid)
    return await attend(options, child, over.signal)
  } finally {
    signalGroup(child.pid, 'SIGKILL') // also what a failure of our own would leave behind
    over.abort()
    forgetProcess(folder)
  }
}

function note(folder: string, pid: number): void {
  try {
    noteProcess(folder, pid)
  } catch (cause) {
    throw diskFailure(cause)
  }
}

async function attend(options: ChildOptions, child: Child, over: AbortSignal): Promise<ChildEnd> {
  const logged = keepLog(join(options.folder, 'log.txt'), child.stderr)
  const watch = follow(options, child, over)
  const given = await Promise.race([watch.givenUp, child.exited.then(() => null)])
  if (given) signalGroup(child.pid, 'SIGKILL')
  await child.exited
  signalGroup(child.pid, 'SIGKILL')
  await Promise.race([Promise.all([watch.read, logged]), options.clock.sleep(DRAIN_MS)])
  if (given) return given
  if (watch.isGarbage()) return { why: 'garbage' }
  if (options.cancel.aborted) return { why: 'cancelled' }
  return { why: 'exit', code: child.exitCode, signal: child.signalCode, failed: watch.failed() }
}

type Child = Bun.Subprocess<'pipe', 'pipe', 'pipe'>

function start(command: string[], folder: string, env?: Record<string, string>): Child | null {
  try {
    return Bun.spawn([...command, folder], {
      cwd: folder,
      env: { ...MINIMAL_ENV, ...env },
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true, // a group of its own: the ladder reaches grandchildren too
    })
  } catch {
    return null // absent, not executable, or no process to be had: the caller says so
  }
}

/** Reads the child's lines and watches for silence, garbage and our own wish to stop. */
function follow(options: ChildOptions, child: Child, over: AbortSignal) {
  const { clock, onLine } = options
  const seen = {
    at: clock.awake(),
    phase: 'load' as Phase,
    garbage: 0,
    failed: null as null | { code: string; message: string },
  }
  const spoiled = Promise.withResolvers<ChildEnd>()
  const read = (async () => {
    for await (const text of splitLines(child.stdout, LINE_LIMIT)) {
      const line = text === null ? null : readLine(workerLine, text)
      if (!line) {
        if (++seen.garbage >= GARBAGE_LIMIT) spoiled.resolve({ why: 'garbage' })
        continue
      }
      seen.at = clock.awake()
      if (line.type === 'phase') seen.phase = line.phase
      if (line.type === 'failed') seen.failed = { code: line.code, message: line.message }
      onLine(line)
    }
  })()
  read.catch(spoiled.reject) // a hook of the caller threw: its error is the attempt's
  return {
    read,
    failed: () => seen.failed,
    isGarbage: () => seen.garbage >= GARBAGE_LIMIT,
    givenUp: Promise.race([spoiled.promise, silence(options, seen, over), stopped(options, child, over)]),
  }
}

async function silence({ clock, deadlines }: ChildOptions, seen: { at: number; phase: Phase }, over: AbortSignal) {
  while (!over.aborted) {
    const { phase } = seen
    const deadline = deadlines?.[phase] ?? DEADLINES[phase]
    const silentMs = clock.awake() - seen.at
    if (silentMs >= deadline) return { why: 'hung', phase, silentMs } as const
    await clock.sleep(Math.min(deadline - silentMs, LOOK_MS), over)
  }
  return null
}

/** The ladder of a stop. Resolves only when nothing but SIGKILL is left. */
async function stopped(
  { clock, cancel, pause }: ChildOptions,
  child: Child,
  over: AbortSignal,
): Promise<ChildEnd | null> {
  await aborted([cancel, pause, over])
  if (pause?.aborted && !cancel.aborted && !over.aborted) {
    void tell(child, 'pause')
    await clock.sleep(PAUSE_MS, AbortSignal.any([over, cancel]))
  }
  if (over.aborted) return null
  void tell(child, 'cancel')
  await clock.sleep(TERM_AFTER_MS, over)
  if (over.aborted) return null
  signalGroup(child.pid, 'SIGTERM')
  await clock.sleep(KILL_AFTER_MS, over)
  return over.aborted ? null : { why: 'cancelled' }
}

async function tell(child: Child, type: 'cancel' | 'pause'): Promise<void> {
  try {
    await child.stdin.write(`${JSON.stringify({ type })}\n`)
    await child.stdin.flush()
  } catch {
    // it has closed its stdin: the signals that follow need none
  }
}

function aborted(signals: (AbortSignal | undefined)[]): Promise<void> {
  const any = AbortSignal.any(signals.filter((signal) => signal !== undefined))
  if (any.aborted) return Promise.resolve()
  return new Promise((resolve) => any.addEventListener('abort', () => resolve(), { once: true }))
}

/** Reads to the end whatever happens to the file: a child must not stall on a full pipe, nor the server on a full disk. */
async function keepLog(path: string, stderr: ReadableStream<Uint8Array>): Promise<void> {
  let left = LOG_LIMIT
  for await (const chunk of stderr) {
    if (left > 0) keep(path, chunk.subarray(0, left))
    left -= chunk.length
  }
}

function keep(path: string, bytes: Uint8Array): void {
  try {
    appendFileSync(path, bytes)
  } catch {
    // the disk is full: the attempt itself says so
  }
}
