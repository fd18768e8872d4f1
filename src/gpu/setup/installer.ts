import { DomainError } from '../../errors.ts'
import { failureIn, readWord, type Word } from './installer-words.ts'

/**
 * Ends with whoever started it, also when that is killed: an installer that goes on alone would meet the next one in the same folder. uv is told to
 * trust what the system trusts, as pip does.
 */
const DIES_WITH_US = `
import os, sys
try:
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
except Exception:
    pass
os.environ.setdefault("UV_SYSTEM_CERTS", "1")
os.execvp(sys.argv[1], sys.argv[1:])
`
const KEPT_LINES = 40

export interface InstallerRun {
  /** The interpreter that the program is started by. */
  python: string
  command: string[]
  cwd: string
  signal: AbortSignal
  hear(word: Word): void
}

/**
 * Runs pip or uv to its end.
 * @throws DomainError `setup_hash`, `setup_offline`, `setup_disk_full`, `setup_failed`, `setup_stopped`
 */
export async function runInstaller({ python, command, cwd, signal, hear }: InstallerRun): Promise<void> {
  const child = Bun.spawn([python, '-I', '-c', DIES_WITH_US, ...command], {
    cwd,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    signal,
  })
  const last: string[] = []
  const keep = (line: string) => {
    const word = readWord(line)
    if (word) hear(word)
    if (word?.type === 'bytes' || !line.trim()) return
    last.push(line)
    if (last.length > KEPT_LINES) last.shift()
  }
  await Promise.all([eachLine(child.stdout, keep), eachLine(child.stderr, keep)])
  const code = await child.exited
  if (signal.aborted) throw new DomainError('setup_stopped', 'Stopped. The same command goes on from there.')
  if (code !== 0) throw failure(last, code)
}

async function eachLine(stream: ReadableStream<Uint8Array>, hear: (line: string) => void): Promise<void> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/[\r\n]/)
    rest = lines.pop()!
    lines.forEach(hear)
  }
  if (rest) hear(rest)
}

function failure(last: string[], code: number): DomainError {
  const text = last.join('\n')
  const context = { code, last: last.slice(-10) }
  const said = mainLine(last) ?? `it ended with ${code}`
  switch (failureIn(text)) {
    case 'hash':
      return new DomainError(
        'setup_hash',
        `A package is not the one that the lock names, so it was not installed: ${said}`,
        { context },
      )
    case 'disk':
      return new DomainError(
        'setup_disk_full',
        'The disk is full. Free some space; the same command goes on from there.',
        {
          context,
        },
      )
    case 'network':
    case 'nothing_fits':
      return new DomainError(
        'setup_offline',
        `Packages could not be fetched: ${said}. Look at the network and try again; it goes on from there.`,
        { context, retryable: true },
      )
    default:
      return new DomainError('setup_failed', `The packages could not be installed: ${said}`, { context })
  }
}

/** The line that says what went wrong, with the innermost of the causes that uv gives below it. */
function mainLine(last: string[]): string | undefined {
  const line = last.findLast((each) => /^error:/i.test(each)) ?? last.at(-1)
  const cause = last.findLast((each) => /^\s*cause:/i.test(each))
  const [said, why] = [line, cause].map((each) => each?.trim().replace(/^(error|cause):\s*/i, ''))
  return why ? `${said} (${why})` : said
}
