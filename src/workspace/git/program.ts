import { dirname } from 'node:path'
import { DomainError } from '../../errors.ts'
import { signalGroup } from '../../gpu/processes.ts'

/** Longest that one run of git may take, ms. */
const LONGEST_MS = 600_000
/** What git says when something is wrong, kept for the log, in bytes. */
const MOST_SAID = 4_096

export type GitChild = Bun.Subprocess<'pipe', 'pipe', 'pipe'>

/** A running git: it ends with its signal, or after ten minutes, and all that it started with it. */
export interface Running {
  child: GitChild
  /** Its exit code, and what it said on the way. */
  ended: Promise<{ code: number; said: string }>
  kill(): void
}

/** The git program of this machine. */
export interface Git {
  /** @throws DomainError `git_missing` */
  start(args: string[], options?: { version?: string | undefined; signal?: AbortSignal | undefined }): Running
  /** As `start`, to its end. @throws DomainError `git_failed` */
  run(args: string[]): Promise<void>
}

/** Where git is on this machine, null when it isn't. */
export function findGit(): string | null {
  return Bun.which('git')
}

/** Git that reads no settings but ours: neither the machine's nor a person's, and no hooks. */
export function openGit(program: string | null = findGit()): Git {
  const start: Git['start'] = (args, { version, signal } = {}) => {
    if (!program) throw gitMissing()
    const env = { ...environment(program), ...(version ? { GIT_PROTOCOL: version } : {}) }
    const child = Bun.spawn([program, ...SETTINGS.flatMap((one) => ['-c', one]), ...args], {
      cwd: '/',
      env,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true, // a group of its own: what git starts ends with it
    })
    const kill = () => void signalGroup(child.pid, 'SIGKILL')
    const timer = setTimeout(kill, LONGEST_MS)
    signal?.addEventListener('abort', kill, { once: true })
    if (signal?.aborted) kill()
    const said = beginningOf(child.stderr)
    const ended = child.exited.then(async (code) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      kill()
      return { code, said: await said }
    })
    return { child, ended, kill }
  }
  return {
    start,
    async run(args) {
      const { child, ended } = start(args)
      child.stdin.end()
      const { code, said } = await ended
      if (code !== 0) throw gitFailed(code, said)
    },
  }
}

/** Media is neither compared with other media nor held in memory; packing takes one thread and little room. */
const SETTINGS = [
  'core.bigFileThreshold=4m',
  'core.hooksPath=/dev/null',
  'core.fsync=all',
  'gc.auto=0',
  'pack.threads=1',
  'pack.windowMemory=64m',
  'pack.packSizeLimit=0',
  'uploadpack.allowFilter=true',
  'safe.directory=*', // the data directory may lie on a volume of another owner; nothing but the server writes to it
]

function environment(program: string): Record<string, string> {
  return {
    PATH: `${dirname(program)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  }
}

/** Reads to the end, so that nobody waits for a full pipe, and keeps the beginning. */
async function beginningOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) if (text.length < MOST_SAID) text += decoder.decode(chunk, { stream: true })
  return text.slice(0, MOST_SAID).trim()
}

function gitMissing(): DomainError {
  return new DomainError('git_missing', 'There is no git on the machine that Hearth runs on. Install it there.')
}

/** The error of a run of git that should have gone well. */
export function gitFailed(code: number, said: string): DomainError {
  return new DomainError('git_failed', 'Git could not make the history of this project. Look at Hearth’s log.', {
    severity: 'error',
    retryable: true,
    context: { code },
    cause: new Error(said),
  })
}
