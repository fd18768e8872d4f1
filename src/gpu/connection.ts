import type { Clock } from '../clock.ts'
import { openInAttempt } from './folder.ts'
import type { Exit, Launcher, LaunchHandle } from './launcher.ts'
import { appendPlainly, readPart } from './launchers/local.ts'
import { splitLines } from './lines.ts'
import type { Plain } from './plain.ts'
import type { ControlLine } from './protocol.ts'
import { LINE_LIMIT } from './wire.ts'

const TAIL_MS = 100
const ASK_MS = 1_000 // the launcher, which may be a program on another machine

/** How a worker that runs is heard and told, by pipes or by the files of its folder. */
export interface Connection {
  folder: string
  handle: LaunchHandle
  /** Its lines; null: one above the limit. Ends when no more will come. Who attends to the next attempt reads on. */
  lines: AsyncIterator<string | null>
  tell(line: ControlLine): void
  /** Asks for an end in a way that needs no ear for lines, where there is one. */
  terminate(): void
  exited: Promise<Exit>
  /** All that it says on standard error is kept. */
  logged: Promise<void>
  /** Ends all of it; resolves when nothing of it runs. A second time does nothing. */
  end(): Promise<void>
}

/** Connects with what a launcher has started, now or before this server was. */
export function connect(launcher: Launcher, handle: LaunchHandle, folder: string, clock: Clock): Connection {
  const over = new AbortController()
  const end = async () => {
    over.abort()
    await launcher.cancel(handle)
  }
  const pipes = launcher.pipes?.(handle)
  if (!pipes) return { ...byFiles(launcher, handle, folder, clock, over.signal), folder, handle, end }
  const { stdout, tell, terminate, exited, logged } = pipes
  const lines = splitLines(stdout, LINE_LIMIT)
  return {
    folder,
    handle,
    lines,
    tell: (line) => {
      write(folder, line)
      tell(`${JSON.stringify(line)}\n`)
    },
    terminate,
    exited,
    logged,
    end,
  }
}

function byFiles(launcher: Launcher, handle: LaunchHandle, folder: string, clock: Clock, over: AbortSignal) {
  const gone = new AbortController()
  const exited = ended(launcher, handle, clock, over).finally(() => gone.abort())
  const chunks = tail(folder, 'events.ndjson', gone.signal, clock)
  return {
    lines: splitLines(chunks, LINE_LIMIT),
    tell: (line: ControlLine) => write(folder, line),
    terminate: () => {},
    exited,
    logged: Promise.resolve(),
  }
}

/** Asks until it is gone. A launcher that can't be reached for a moment says nothing about the worker. */
async function ended(launcher: Launcher, handle: LaunchHandle, clock: Clock, over: AbortSignal): Promise<Exit> {
  while (!over.aborted) {
    const status = await launcher.status(handle).catch(() => null)
    if (status?.state === 'gone') return { code: status.code, signal: status.signal }
    await clock.sleep(ASK_MS, over)
  }
  return { code: null, signal: null }
}

/** What is appended to a file of an attempt, until nothing more will be: then what there still is. The file that it is at first is held. */
export async function* tail(folder: string, file: string, gone: AbortSignal, clock: Clock): AsyncGenerator<Uint8Array> {
  using held = await appearing(folder, file, gone, clock)
  for (let at = 0; held; ) {
    const last = gone.aborted
    const bytes = readPart(held, at)
    at += bytes.length
    if (bytes.length > 0) yield bytes
    else if (last) return
    await clock.sleep(bytes.length > 0 ? 0 : TAIL_MS, gone) // also one that writes without end lets others have their turn
  }
}

async function appearing(folder: string, file: string, gone: AbortSignal, clock: Clock): Promise<Plain | null> {
  for (;;) {
    const last = gone.aborted
    const held = openInAttempt(folder, file)
    if (held || last) return held
    await clock.sleep(TAIL_MS, gone)
  }
}

function write(folder: string, line: ControlLine): void {
  try {
    appendPlainly(folder, 'control.ndjson', `${JSON.stringify(line)}\n`)
  } catch {
    // the disk is full, or the folder gone: what ends a worker needs no file
  }
}
