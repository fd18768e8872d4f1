import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** Clock ticks of /proc a second: Linux has had 100 on every machine that Hearth runs on. */
const TICKS = 100

/** A program of this folder in a process of its own: what it says is JSON, a line each. */
export interface Child extends AsyncDisposable {
  pid: number
  /** The next line that it says. */
  // biome-ignore lint/suspicious/noExplicitAny: each program says something else
  next(): Promise<any>
  /** Sends it a line. */
  tell(line: string): void
  end(signal?: NodeJS.Signals): Promise<void>
}

export function startChild(script: string, options: unknown): Child {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script), JSON.stringify(options)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const said = linesOf(child.stdout)
  const end = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal)
    await child.exited
  }
  return {
    pid: child.pid,
    async next() {
      const { value, done } = await said.next()
      if (done) throw new Error(`${script} ended without an answer`)
      return JSON.parse(value)
    },
    tell(line) {
      child.stdin.write(`${line}\n`)
      child.stdin.flush()
    },
    end,
    [Symbol.asyncDispose]: () => end(),
  }
}

/** Runs a program of this folder to its end. Returns the last that it said. */
// biome-ignore lint/suspicious/noExplicitAny: each program says something else
export async function measure(script: string, options: unknown = {}): Promise<any> {
  await using child = startChild(script, options)
  return await child.next()
}

/** Seconds of processor time that a process has used so far. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024
}

/** What the figures were taken on. */
export function machine() {
  return {
    cpu: /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1],
    cores: availableParallelism(),
    bun: Bun.version,
    load: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    const lines = text.split('\n')
    text = lines.pop()!
    for (const line of lines) if (line.startsWith('{') || line.startsWith('[')) yield line
  }
}
