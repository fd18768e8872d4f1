import { join } from 'node:path'
import { splitLines } from '../lines.ts'
import type { ControlLine } from '../protocol.ts'
import { LINE_LIMIT } from '../wire.ts'

const POLL_MS = 1_000

/** Why the work should end: at once, or at the end of the step with a checkpoint. */
export type Stop = 'cancel' | 'preempt'

export interface Control {
  /** Wakes whoever sleeps when the work should end. */
  signal: AbortSignal
  stop(): Stop | null
  /** Lets stdin and signals be heard. */
  turn(): Promise<void>
}

/** Listens to stdin, to `control.ndjson` in the attempt's folder, and to SIGTERM. The end of stdin means that the parent is gone. */
export function listenForControl(stdin: AsyncIterable<Uint8Array>, folder: string): Control {
  const wake = new AbortController()
  let why: Stop | null = null
  const end = (stop: Stop) => {
    if (why !== 'cancel') why = stop
    wake.abort()
  }
  const hear = (text: string | null) => {
    const said = text === null ? null : typeOf(text)
    if (said === 'cancel') end('cancel')
    if (said === 'pause') end('preempt')
  }
  process.on('SIGTERM', () => end('preempt'))
  void readControl(stdin, hear).then(() => end('preempt'))
  pollControl(join(folder, 'control.ndjson'), hear)
  return { signal: wake.signal, stop: () => why, turn: () => new Promise((resolve) => setImmediate(resolve)) }
}

/** What a line of the server asks for; null for what is none. */
function typeOf(text: string): ControlLine['type'] | null {
  try {
    return JSON.parse(text)?.type ?? null
  } catch {
    return null // no JSON: nobody meant us
  }
}

async function readControl(stdin: AsyncIterable<Uint8Array>, hear: (text: string | null) => void): Promise<void> {
  for await (const line of splitLines(stdin, LINE_LIMIT)) hear(line)
}

/** Whole lines alone count: the last may still be being written. */
function pollControl(path: string, hear: (text: string) => void): void {
  let heard = 0
  const timer = setInterval(async () => {
    const text = await Bun.file(path)
      .text()
      .catch(() => '') // not there: nothing has been said
    const lines = text.split('\n').slice(0, -1)
    for (const line of lines.slice(heard)) hear(line)
    heard = lines.length
  }, POLL_MS)
  timer.unref()
}
