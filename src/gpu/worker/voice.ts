import { appendFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkerLine, WorkerSpec } from '../protocol.ts'
import { PROTOCOL } from '../wire.ts'

type Said = WorkerLine extends infer L
  ? L extends WorkerLine
    ? Omit<L, 'v' | 'seq' | 't' | 'job' | 'attempt'>
    : never
  : never

/** Says something to the parent. */
export type Say = (line: Said) => void

const STDOUT = 1
const RETRY_MS = 5 // while the parent is behind with reading

/** Lines on stdout, each also kept in `events.ndjson`. Written at once, so that none is lost by an exit. */
export function createVoice(folder: string, { job, attempt }: Pick<WorkerSpec, 'job' | 'attempt'>): Say {
  let seq = 0
  return (line) => {
    const text = `${JSON.stringify({ v: PROTOCOL, seq: seq++, t: Date.now(), job, attempt, ...line })}\n`
    keep(join(folder, 'events.ndjson'), text)
    writeAll(Buffer.from(text))
  }
}

function keep(path: string, text: string): void {
  try {
    appendFileSync(path, text)
  } catch (error) {
    process.stderr.write(`events.ndjson: ${(error as Error).message}\n`) // the pipe is the truth while the parent lives
  }
}

function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return // the parent is gone: stdin says so too, and ends the work in order
      if (code !== 'EAGAIN') throw error
      Bun.sleepSync(RETRY_MS)
    }
  }
}
