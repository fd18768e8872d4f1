import { appendFileSync, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { DomainError } from '../../errors.ts'
import { holdInAttempt, openInAttempt } from '../folder.ts'
import type { Exit, Launch, Launcher, LaunchHandle, Pipes } from '../launcher.ts'
import type { Plain } from '../plain.ts'
import { endMarked, MARK, signalGroup } from '../processes.ts'

const LOG_LIMIT = 256 * 1024 // bytes of stderr that are kept
const LOG_PART = 1024 * 1024 // bytes of it that are read at once
const MINIMAL_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }

type Child = Bun.Subprocess<'pipe', 'pipe', 'pipe'>

interface Started {
  launch: Launch
  child: Child
  pipes: Pipes
}

/** Runs workers as children of this process, with pipes, in a process group of their own: the group is ended as a whole. */
export function localLauncher(): Launcher {
  const started = new Map<string, Started>()
  const known = (handle: LaunchHandle) => started.get(String(handle.name))
  return {
    name: 'local',
    outlives: false,
    async submit(launch) {
      const one = started.get(launch.name) ?? start(launch)
      started.set(launch.name, one)
      return { name: launch.name, folder: launch.folder, pid: one.child.pid }
    },
    async status(handle) {
      const child = known(handle)?.child
      if (child && child.exitCode === null && child.signalCode === null) return { state: 'running' }
      return { state: 'gone', ...exitOf(child) }
    },
    async cancel(handle) {
      const one = known(handle)
      if (!one) return
      signalGroup(one.child.pid, 'SIGKILL')
      await one.child.exited
      signalGroup(one.child.pid, 'SIGKILL') // what it forked in its last moment
      await endMarked(one.launch.folder)
      started.delete(one.launch.name)
    },
    logs: async ({ folder }, from) => readFrom(String(folder), 'log.txt', from),
    pipes: (handle) => known(handle)?.pipes ?? null,
  }
}

function start(launch: Launch): Started {
  const child = spawn(launch)
  const logged = keepLog(join(launch.folder, 'log.txt'), child.stderr)
  const exited = child.exited.then(() => exitOf(child))
  const pipes: Pipes = {
    stdout: child.stdout,
    tell: (text) => void tell(child, text),
    terminate: () => void signalGroup(child.pid, 'SIGTERM'),
    exited,
    logged,
  }
  return { launch, child, pipes }
}

function exitOf(child: Child | undefined): Exit {
  const signal = child?.signalCode ?? null
  return { code: child?.exitCode ?? null, signal: signal === null ? null : String(signal) }
}

function spawn({ command, folder, env }: Launch): Child {
  try {
    return Bun.spawn([...command, folder], {
      cwd: folder,
      env: { ...MINIMAL_ENV, ...env, [MARK]: folder },
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true, // a group of its own: a signal reaches grandchildren too
    })
  } catch (cause) {
    throw new DomainError('gpu_worker_died', 'The renderer could not be started. Run “hearth doctor”.', {
      retryable: true,
      cause,
    })
  }
}

async function tell(child: Child, text: string): Promise<void> {
  try {
    await child.stdin.write(text)
    await child.stdin.flush()
  } catch {
    // it has closed its stdin: the signals that follow need none
  }
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

/** The bytes of an attempt's file from `at` on, at most a part of it; none when it is not there. */
export function readFrom(folder: string, file: string, at: number): Uint8Array {
  using held = openInAttempt(folder, file)
  return held ? readPart(held, at) : new Uint8Array()
}

/** The same of a file that is held open. */
export function readPart({ fd }: Plain, at: number): Uint8Array {
  const bytes = new Uint8Array(LOG_PART)
  return bytes.subarray(0, readSync(fd, bytes, 0, LOG_PART, at))
}

/** The worker may be another user: no link of theirs is followed, and no pipe waited for. */
const OURS_ALONE = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Adds to a file of an attempt that its worker reads. @throws the system's own error, also where it is a link or a pipe */
export function appendPlainly(folder: string, file: string, text: string): void {
  using held = holdInAttempt(folder)
  const fd = openSync(join(held.path, file), constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | OURS_ALONE)
  try {
    if (fstatSync(fd).isFile()) appendFileSync(fd, text)
  } finally {
    closeSync(fd)
  }
}
