import { splitLines } from '../lines.ts'
import { controlLine, LINE_LIMIT, readLine } from '../protocol.ts'

/** Why the work should end: at once, or at the end of the step with a checkpoint. */
export type Stop = 'cancel' | 'preempt'

export interface Control {
  /** Wakes whoever sleeps when the work should end. */
  signal: AbortSignal
  stop(): Stop | null
  /** Lets stdin and signals be heard. */
  turn(): Promise<void>
}

/** Listens to stdin and SIGTERM. The end of stdin means that the parent is gone. */
export function listenForControl(stdin: AsyncIterable<Uint8Array>): Control {
  const wake = new AbortController()
  let why: Stop | null = null
  const end = (stop: Stop) => {
    if (why !== 'cancel') why = stop
    wake.abort()
  }
  process.on('SIGTERM', () => end('preempt'))
  void readControl(stdin, end)
  return { signal: wake.signal, stop: () => why, turn: () => new Promise((resolve) => setImmediate(resolve)) }
}

async function readControl(stdin: AsyncIterable<Uint8Array>, end: (why: Stop) => void): Promise<void> {
  for await (const line of splitLines(stdin, LINE_LIMIT)) {
    const control = line === null ? null : readLine(controlLine, line)
    if (control) end(control.type === 'cancel' ? 'cancel' : 'preempt')
  }
  end('preempt')
}
