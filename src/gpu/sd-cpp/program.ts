import { optionsIn } from './arguments.ts'
import { createListener, type Heard } from './output.ts'

const ASK_MS = 20_000

export interface Program {
  path: string
  version: string
  options: ReadonlySet<string>
}

/** Asks the program what it is and can do. Null where it can't be run. */
export async function lookAt(path: string): Promise<Program | null> {
  const [help, version] = [await ask(path, '--help'), await ask(path, '--version')]
  if (help === null) return null
  const said = /version ([\w.-]+)(?:, commit (\w+))?/.exec(version ?? '')
  return { path, version: said ? said.slice(1).filter(Boolean).join('-') : 'unknown', options: optionsIn(help) }
}

async function ask(path: string, question: string): Promise<string | null> {
  try {
    const child = Bun.spawn([path, question], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore', timeout: ASK_MS })
    return await new Response(child.stdout).text()
  } catch {
    return null // not there, or not executable
  }
}

export interface Run {
  pid: number
  /** Ends it at once: it has no signal handler, and nothing to save. */
  end(): void
  /** Its exit code; null after a signal. */
  ended: Promise<{ code: number | null; signal: string | null }>
}

/** Starts the program. It ends with this process where `setpriv` is installed, whatever ends this process. */
export function startProgram(program: string, args: string[], onHeard: (heard: Heard) => void): Run {
  const setpriv = Bun.which('setpriv')
  const before = setpriv ? [setpriv, '--pdeathsig', 'KILL'] : []
  const child = Bun.spawn([...before, program, ...args], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const read = Promise.all([listen(child.stdout, onHeard), listen(child.stderr, onHeard)])
  return {
    pid: child.pid,
    end: () => child.kill('SIGKILL'),
    ended: child.exited.then(async () => {
      await read
      return { code: child.exitCode, signal: child.signalCode === null ? null : String(child.signalCode) }
    }),
  }
}

/** What it says also goes to our own standard error, which is the attempt's log. */
async function listen(stream: ReadableStream<Uint8Array>, onHeard: (heard: Heard) => void): Promise<void> {
  const listener = createListener()
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    process.stderr.write(chunk)
    for (const heard of listener.hear(decoder.decode(chunk, { stream: true }))) onHeard(heard)
  }
  for (const heard of listener.hear('\n')) onHeard(heard)
}
