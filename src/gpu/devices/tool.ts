import { dirname } from 'node:path'

/** Where vendors put their tools, whether or not the PATH names it. */
const USUAL = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/rocm/bin:/usr/lib/wsl/lib'
/** How long a vendor's tool may take: without a daemon that keeps the driver awake, eight cards take seconds. */
const LIMIT_MS = 10_000
/** Longest answer that is read. */
const MOST_BYTES = 4 * 1024 ** 2
/** Of what a tool says when it fails, as much as fits a sentence. */
const SAID = 200

/** What a tool said: its text, that it is not installed, or why it could not say. */
export type Answer = { text: string } | { absent: true } | { failed: string }

/** Runs a tool and gives its answer. */
export type Run = (command: string[], signal?: AbortSignal) => Promise<Answer>

/** Asks in a short-lived child: the server itself never opens a driver. `path`: where to look for programs, and nowhere else. */
export function toolRunner(path?: string, limitMs = LIMIT_MS): Run {
  return async (command, signal) => {
    const program =
      Bun.which(command[0]!, { PATH: path }) ?? (path === undefined && Bun.which(command[0]!, { PATH: USUAL }))
    if (!program) return { absent: true }
    const limit = AbortSignal.timeout(limitMs)
    const ends = signal ? AbortSignal.any([signal, limit]) : limit
    try {
      return await answerOf([program, ...command.slice(1)], ends)
    } catch (error) {
      if (ends.aborted) return { failed: `${command[0]} did not answer within ${limitMs / 1000} s` }
      return { failed: `${command[0]} could not be started: ${short(String(error))}` }
    }
  }
}

async function answerOf(command: string[], signal: AbortSignal): Promise<Answer> {
  const child = Bun.spawn(command, {
    env: { PATH: `${dirname(command[0]!)}:${USUAL}`, LC_ALL: 'C' }, // no secrets of ours, and its words in English
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    killSignal: 'SIGKILL',
    signal,
  })
  const stopped = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const said = Promise.all([upTo(child.stdout), upTo(child.stderr)])
  const [text, complaint] = await Promise.race([said, stopped])
  if (text === null || complaint === null) return { failed: 'it said more than anybody can read' }
  if ((await child.exited) === 0) return { text }
  return { failed: short(complaint.trim() || text.trim() || `it ended with ${child.exitCode ?? child.signalCode}`) }
}

async function upTo(stream: ReadableStream<Uint8Array>): Promise<string | null> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of stream) {
    bytes += part.length
    if (bytes > MOST_BYTES) return null
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function short(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? ''
  return line.trim().slice(0, SAID)
}
