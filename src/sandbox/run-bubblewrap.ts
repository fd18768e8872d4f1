import { closeSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import { readBack } from './back.ts'
import { type HostFolders, type Started, startBubblewrap } from './bubblewrap.ts'
import { openHearing } from './hear.ts'
import { EXITED, insideCommand, READY, WORK } from './inside.ts'
import type { Limits } from './limits.ts'
import { lineByLine } from './lines.ts'
import { type Back, type End, type Outcome, type Stop, saidOf } from './outcome.ts'
import type { RunOptions } from './sandbox.ts'
import { startTimeOf } from './start-time.ts'
import { packed } from './tar.ts'
import { type Gauge, LOOK_MS, openGauge, passed } from './watch.ts'

const DISKS = [WORK, '/tmp', '/dev/shm']
/** For a first process that has been killed to take the others with it, before its keeper is killed too. */
const REAP_MS = 2_000
/** Tries to see a run before it is ended as one that can't be seen. */
const MOST_LOOKS = 50
/** Between two looks whether the kernel has ended all of them. */
const GONE_MS = 5

interface Run {
  options: RunOptions
  limits: Limits
  clock: Clock
  started: Started
  /** The number, as this machine counts, of the first process inside; undefined when there never was one. */
  first: Promise<First | undefined>
  why: { stop: Stop } | { broken: string } | undefined
  /** Aborts when the run is over. */
  over: AbortController
}

interface First {
  pid: number
  startTime: string | null
}

/** Runs a command to its end in bubblewrap. When this resolves, no process of it is left. */
export async function runInBubblewrap(
  { program, folders, clock }: { program: string; folders: HostFolders; clock: Clock },
  options: RunOptions,
  limits: Limits,
): Promise<Outcome> {
  const began = clock.awake()
  const command = insideCommand(options.command, limits, options.takesBack ?? false)
  const started = startBubblewrap(program, folders, limits, { command, env: options.env ?? {} })
  const run: Run = {
    options,
    limits,
    clock,
    started,
    first: firstProcess(started),
    why: undefined,
    over: new AbortController(),
  }
  const hearing = openHearing(limits.outputBytes, options.onOutput, () => end(run, { stop: 'output' }))
  const onAbort = () => end(run, { stop: 'stopped' })
  if (options.signal?.aborted) onAbort()
  else options.signal?.addEventListener('abort', onAbort, { once: true })
  void clock.sleep(limits.wallMs, run.over.signal).then(() => end(run, { stop: 'time' }))
  try {
    const [code, told] = await Promise.all([
      started.child.exited,
      listenBack(run),
      hearing.hear(started.child.stdout, 'stdout'),
      hearing.hear(started.child.stderr, 'stderr'),
      feed(run),
    ])
    await gone(run)
    const how = endOf(run, told.code ?? code, told.isReady, hearing.tail())
    return {
      end: how,
      durationMs: Math.round(clock.awake() - began),
      tail: hearing.tail(),
      outputBytes: hearing.bytes(),
      ...(how.why === 'exit' && told.files ? { back: told.files } : {}),
    }
  } finally {
    run.over.abort()
    options.signal?.removeEventListener('abort', onAbort)
    started.child.kill('SIGKILL') // nothing is left, unless something of ours has thrown
  }
}

function endOf({ why, limits }: Run, code: number, isReady: boolean, tail: string): End {
  if (why && 'broken' in why) return { why: 'broken', said: why.broken }
  if (why) return { why: why.stop, said: saidOf(why.stop, limits) }
  if (isReady) return { why: 'exit', code }
  return { why: 'broken', said: tail.trim().split('\n').at(-1) || `bubblewrap ended with code ${code}` }
}

interface Told {
  isReady: boolean
  code?: number
  files?: Back | { refused: string }
}

/** Hears that the run is ready, keeps an eye on it, hears how it has ended, and takes its files if they are wanted. */
async function listenBack(run: Run): Promise<Told> {
  const { back } = run.started
  const stream = lineByLine(Bun.file(back).stream())
  try {
    if ((await stream.line()) !== READY) return { isReady: false }
    void watch(run)
    const code = EXITED.exec((await stream.line()) ?? '')?.[1]
    if (code === undefined) return { isReady: true }
    if (!run.options.takesBack) return { isReady: true, code: Number(code) }
    const files = await readBack(stream.rest(), run.options.files, run.limits)
    if ('refused' in files) void killAll(run) // it would go on writing what nobody takes
    return { isReady: true, code: Number(code), files }
  } finally {
    await stream.drain()
    closeSync(back)
  }
}

/** Looks at what the run uses, and ends it when that is too much; a run that can't be seen may not go on. */
async function watch(run: Run): Promise<void> {
  const { clock, limits, over } = run
  try {
    using gauge = await openEyes(run)
    while (gauge && !over.signal.aborted) {
      const stop = passed(gauge.use(), limits)
      if (stop) return end(run, { stop })
      await clock.sleep(LOOK_MS, over.signal)
    }
  } catch (error) {
    end(run, { broken: `what it uses can’t be seen (${(error as Error).message})` })
  }
}

/** Undefined when it has ended already: a process that is ending can't be seen any more, which says nothing against it. */
async function openEyes({ first, clock }: Run): Promise<Gauge | undefined> {
  const found = (await first)!
  for (let tries = 1; ; tries++) {
    try {
      return openGauge(found.pid, DISKS)
    } catch (error) {
      if (!isAlive(found)) return undefined
      if (tries === MOST_LOOKS) throw error
      await clock.sleep(GONE_MS)
    }
  }
}

/** Gives it the files. A run that has ended takes no more of them, which is no failure. */
async function feed({ options, started: { child }, clock }: Run): Promise<void> {
  try {
    for (const chunk of packed(options.files, clock.now())) {
      child.stdin.write(chunk)
      await child.stdin.flush()
    }
    await child.stdin.end()
  } catch {
    // EPIPE: how it ended says why
  }
}

function end(run: Run, why: NonNullable<Run['why']>): void {
  if (run.why || run.over.signal.aborted) return
  run.why = why
  void killAll(run)
}

/** Kills the first process inside, with which the kernel kills all others; its keeper outside then ends by itself. */
async function killAll({ started: { child }, first, clock, over }: Run): Promise<void> {
  const found = await Promise.race([first, clock.sleep(REAP_MS, over.signal)])
  if (found) killFirst(found)
  await clock.sleep(found ? REAP_MS : 0, over.signal)
  if (!over.signal.aborted) child.kill('SIGKILL')
}

/** Its keeper ends as soon as it knows how the command ended, which is before the last process inside is gone. */
async function gone({ first, clock }: Run): Promise<void> {
  const found = await first
  while (found && isAlive(found)) {
    killFirst(found)
    await clock.sleep(GONE_MS)
  }
}

function killFirst(found: First): void {
  try {
    if (isAlive(found)) process.kill(found.pid, 'SIGKILL')
  } catch {
    // it has ended meanwhile
  }
}

function isAlive({ pid, startTime }: First): boolean {
  return startTime !== null && startTimeOf(pid) === startTime
}

/** Bubblewrap's first word is the number of its first process; what follows could be said by others. */
async function firstProcess({ status }: Started): Promise<First | undefined> {
  const stream = lineByLine(Bun.file(status).stream())
  try {
    const said = /"child-pid": *(\d+)/.exec((await stream.line()) ?? '')?.[1]
    void stream.drain().finally(() => closeSync(status))
    return said === undefined ? undefined : { pid: Number(said), startTime: startTimeOf(Number(said)) }
  } catch {
    return undefined
  }
}
