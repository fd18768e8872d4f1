import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ownFolder } from './folders.ts'

const ROOT = join(import.meta.dirname, '../..')
const START_MS = 60_000

export interface RunningServer extends AsyncDisposable {
  url: string
  /** The one-time link, while nobody has set the server up. */
  setupLink: string | undefined
  pid: number
  /** What it has written to standard error so far. */
  errors(): string
  /** Resolves when it is gone, for whatever reason. */
  exited: Promise<void>
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** SIGTERM, and waits; its exit code. */
  stop(): Promise<number | null>
}

export interface ServerOptions {
  data: string
  env?: Record<string, string>
  /** Program and first arguments; the checkout's own by default. */
  command?: string[]
}

/** A data directory that goes with its owner. */
export function dataDirectory(): Disposable & { path: string } {
  return ownFolder('hearth-data')
}

/** Starts the real server as a child process (from Node or Bun) and waits until it says where it is. */
export async function startServer({
  data,
  env = {},
  command = ['bun', join(ROOT, 'src/main.ts')],
}: ServerOptions): Promise<RunningServer> {
  const child = spawn(command[0]!, [...command.slice(1), 'serve'], {
    cwd: data,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      HEARTH_DATA: data,
      HEARTH_PORT: '0',
      HEARTH_PREVIEW_PORT: '0',
      HEARTH_LOG: 'warn',
      HEARTH_LOCAL_SERVERS: 'none',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let errors = ''
  child.stderr!.on('data', (chunk) => {
    errors += chunk
  })
  const { url, setupLink } = await greeting(child, () => errors)
  return {
    url,
    setupLink,
    pid: child.pid!,
    errors: () => errors,
    exited,
    kill: () => end(child, 'SIGKILL').then(() => {}),
    stop: () => end(child, 'SIGTERM'),
    [Symbol.asyncDispose]: async () => void (await end(child, 'SIGKILL')),
  }
}

/** Reads standard output until the set-up link, or until the line after which no link comes. */
async function greeting(
  child: ChildProcess,
  errors: () => string,
): Promise<{ url: string; setupLink: string | undefined }> {
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS)
  try {
    let url: string | undefined
    for await (const line of createInterface({ input: child.stdout! })) {
      url ??= /Hearth is at (\S+)/.exec(line)?.[1]
      const setupLink = /(http\S+\/setup\?token=\S+)/.exec(line)?.[1]
      if (url && (setupLink || line.startsWith('Ready'))) return { url, setupLink }
    }
    throw new Error(`the server ended before it was ready: ${errors()}`)
  } finally {
    clearTimeout(late)
    child.stdout!.resume()
  }
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill(signal)
  })
}
