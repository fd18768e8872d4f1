import { homedir } from 'node:os'
import type { Clock } from '../clock.ts'
import { readBack } from './back.ts'
import { openHearing } from './hear.ts'
import { LEFT_BEHIND, WORK } from './inside.ts'
import { type Limits, OPEN_FILES } from './limits.ts'
import { type Back, type End, type Outcome, type Stop, saidOf } from './outcome.ts'
import type { RunOptions } from './sandbox.ts'
import { packed } from './tar.ts'

/** Who runs things in there. */
const USER = '1000:1000'
/** How much longer than its run a container may be there, seconds: it ends by itself when the server has died. */
const SPARE_SECONDS = 30
/** Processor cores. */
const CORES = '2'
/** The engine says so of itself; its own codes are 125 and, of `exec`, 126 and 127 besides the command's. */
const ENGINE_FAILED = 125

export interface ContainerEngine {
  /** docker or podman. */
  program: string
  /** An image that is on this machine: nothing is fetched. It brings sh, tar and the toolchains. */
  image: string
}

/** Runs a command to its end in a container of its own. When this resolves, the container is gone. */
export async function runInContainer(
  { engine, clock }: { engine: ContainerEngine; clock: Clock },
  options: RunOptions,
  limits: Limits,
): Promise<Outcome> {
  const began = clock.awake()
  const name = `hearth-${clock
    .newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')}`
  const over = new AbortController() // it has ended, or is to end: whoever talks to the engine about it lets go
  let why: Stop | undefined
  const stop = (reason: Stop) => {
    if (over.signal.aborted) return
    why ??= reason
    over.abort()
    void ask(engine, ['rm', '--force', name])
  }
  const onAbort = () => stop('stopped')
  const hearing = openHearing(limits.outputBytes, options.onOutput, () => stop('output'))
  try {
    const made = await ask(engine, ['run', ...containerFlags(name, limits), engine.image, 'sleep', lifetime(limits)])
    if (made.code !== 0) return outcome({ why: 'broken', said: lastLine(made.said) })
    if (options.signal?.aborted) onAbort()
    else options.signal?.addEventListener('abort', onAbort, { once: true })
    void clock.sleep(limits.wallMs, over.signal).then(() => stop('time'))
    const filled = await fill(engine, { name, signal: over.signal }, options, clock)
    if (filled.code !== 0) return outcome(endOf(filled.code, filled.said))
    const code = await hearCommand(engine, { name, signal: over.signal }, options, hearing)
    if (why || code === ENGINE_FAILED) return outcome(endOf(code, hearing.tail()))
    const back = options.takesBack ? await takeBack(engine, { name, signal: over.signal }, options, limits) : undefined
    return { ...outcome(endOf(code, '')), ...(back && !why ? { back } : {}) }
  } finally {
    over.abort()
    options.signal?.removeEventListener('abort', onAbort)
    await ask(engine, ['rm', '--force', name])
  }

  function endOf(code: number, said: string): End {
    if (why) return { why, said: saidOf(why, limits) }
    return code === ENGINE_FAILED || said ? { why: 'broken', said: lastLine(said) } : { why: 'exit', code }
  }

  function outcome(end: End): Outcome {
    const durationMs = Math.round(clock.awake() - began)
    return { end, durationMs, tail: hearing.tail(), outputBytes: hearing.bytes() }
  }
}

/** All that keeps it in: no network, no capability, nothing to write but file systems in memory with a size. */
export function containerFlags(name: string, limits: Limits): string[] {
  const disk = `rw,exec,nosuid,nodev,mode=1777,size=${limits.diskBytes},nr_inodes=${limits.files}`
  const memory = `${limits.memoryBytes}b`
  return [
    ...['--detach', '--rm', '--init', '--name', name, '--label', 'hearth.sandbox', '--pull', 'never'],
    ...['--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', USER],
    ...['--pids-limit', String(limits.processes), '--memory', memory, '--memory-swap', memory, '--cpus', CORES],
    ...['--ulimit', `cpu=${limits.cpuSeconds}`, '--ulimit', `fsize=${limits.diskBytes}`, '--ulimit', 'core=0'],
    ...[
      '--ulimit',
      `nofile=${OPEN_FILES}`,
      '--shm-size',
      '64m',
      '--tmpfs',
      `${WORK}:${disk}`,
      '--tmpfs',
      `/tmp:${disk}`,
    ],
    ...['--env', 'HOME=/tmp', '--env', 'LANG=C.UTF-8', '--env', 'TERM=dumb', '--env', 'CI=1', '--entrypoint', ''],
  ]
}

function lifetime({ wallMs }: Limits): string {
  return String(Math.ceil(wallMs / 1000) + SPARE_SECONDS)
}

interface Running {
  name: string
  signal: AbortSignal
}

async function fill(
  engine: ContainerEngine,
  { name, signal }: Running,
  { files }: RunOptions,
  clock: Clock,
): Promise<{ code: number; said: string }> {
  const child = spawn(engine, ['exec', '--interactive', name, 'tar', '-xf', '-', '-C', WORK], signal)
  const said = new Response(child.stderr).text()
  void new Response(child.stdout).text()
  try {
    for (const chunk of packed(files, clock.now())) {
      child.stdin.write(chunk)
      await child.stdin.flush()
    }
    await child.stdin.end()
  } catch {
    // EPIPE: how it ended says why
  }
  return { code: await child.exited, said: await said }
}

async function hearCommand(
  engine: ContainerEngine,
  { name, signal }: Running,
  { command, env = {} }: RunOptions,
  { hear }: ReturnType<typeof openHearing>,
): Promise<number> {
  const more = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  const child = spawn(engine, ['exec', '--workdir', WORK, ...more, name, ...command], signal)
  child.stdin.end()
  const [code] = await Promise.all([child.exited, hear(child.stdout, 'stdout'), hear(child.stderr, 'stderr')])
  return code
}

/** What the command left running is killed first, so that nothing moves while it is packed. */
async function takeBack(
  engine: ContainerEngine,
  { name, signal }: Running,
  { files }: RunOptions,
  limits: Limits,
): Promise<Back | { refused: string }> {
  await ask(engine, ['exec', name, 'sh', '-c', 'kill -s KILL -- -1'])
  const without = LEFT_BEHIND.map((folder) => `--exclude=${folder}`)
  const child = spawn(engine, ['exec', name, 'tar', '-cf', '-', ...without, '-C', WORK, '.'], signal)
  void new Response(child.stderr).text()
  child.stdin.end()
  const back = await readBack(child.stdout, files, limits)
  child.kill('SIGKILL') // what is left of it nobody takes
  return back
}

async function ask(engine: ContainerEngine, args: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(engine, args)
  child.stdin.end()
  const [said] = await Promise.all([new Response(child.stderr).text(), new Response(child.stdout).text()])
  return { code: await child.exited, said }
}

function spawn(
  { program }: ContainerEngine,
  args: string[],
  signal?: AbortSignal,
): Bun.Subprocess<'pipe', 'pipe', 'pipe'> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homedir() }
  const ends = signal ? { signal, killSignal: 'SIGKILL' as const } : {}
  return Bun.spawn([program, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'], ...ends })
}

function lastLine(said: string): string {
  return said.trim().split('\n').at(-1) || 'the container engine gave no reason'
}
