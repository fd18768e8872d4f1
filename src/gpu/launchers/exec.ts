import { DomainError } from '../../errors.ts'
import type { Launcher, LaunchStatus } from '../launcher.ts'
import { cancelScript, statusScript, submitScript } from './exec-scripts.ts'
import { readFrom } from './local.ts'

const LIMIT_MS = 30_000 // for one call of the prefix: another machine may be slow to answer
const FIRST_SIGNAL = 128 // a shell's exit code for a command that a signal has ended, less the signal

const SIGNALS: Record<number, string> = { 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' }

export interface ExecOptions {
  /** What comes before a shell: `sudo -u render`, `ssh box`. The shell reads its script from standard input, so nothing is quoted twice. */
  prefix: string[]
}

/**
 * Runs workers by a command of the owner's: as another user, in another container, on another machine. All that both sides
 * share is the attempt's folder, by the same path. A worker goes on when the server ends, and the next server finds it again.
 */
export function execLauncher({ prefix }: ExecOptions): Launcher {
  const shell = (script: string) => runShell(prefix, script)
  return {
    name: 'exec',
    outlives: true,
    async submit(launch) {
      const said = await shell(submitScript(launch))
      const [pid, startTime, bootId] = said.output.trim().split(' ')
      if (said.code !== 0 || !pid || !startTime || !bootId) throw launchFailed(prefix, said)
      return { name: launch.name, folder: launch.folder, pid: Number(pid), startTime, bootId }
    },
    async status(handle) {
      const said = await shell(statusScript(handle))
      if (said.code !== 0) throw launchFailed(prefix, said)
      return statusOf(said.output.trim())
    },
    async cancel(handle) {
      const said = await shell(cancelScript(handle))
      if (said.code !== 0) throw launchFailed(prefix, said)
    },
    logs: async ({ folder }, from) => readFrom(String(folder), 'log.txt', from),
  }
}

/** `running`, `gone`, or `gone CODE`. */
function statusOf(said: string): LaunchStatus {
  if (said === 'running') return { state: 'running' }
  const code = /^gone (\d+)$/.exec(said)?.[1]
  if (code === undefined) return { state: 'gone', code: null, signal: null }
  const signal = SIGNALS[Number(code) - FIRST_SIGNAL]
  return signal ? { state: 'gone', code: null, signal } : { state: 'gone', code: Number(code), signal: null }
}

/** Nothing of our environment, which holds keys, is for the user who renders: what goes on reads it in /proc. */
const BARE = ['env', '-i', 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', 'LANG=C.UTF-8']

interface Said {
  code: number | null
  output: string
  error: string
}

async function runShell(prefix: string[], script: string): Promise<Said> {
  try {
    const child = Bun.spawn([...prefix, ...BARE, 'sh', '-s'], {
      stdin: new TextEncoder().encode(script),
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    const [output, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    return { code: await child.exited, output, error }
  } catch (error) {
    return { code: null, output: '', error: (error as Error).message }
  }
}

function launchFailed(prefix: string[], { code, error }: Said): DomainError {
  const why = error.trim().split('\n').at(-1) || `exit code ${code}`
  return new DomainError(
    'gpu_launch_failed',
    `The renderer could not be reached by “${prefix.join(' ')}”: ${why}. Check HEARTH_LAUNCH_PREFIX.`,
    { retryable: true, context: { code } },
  )
}
