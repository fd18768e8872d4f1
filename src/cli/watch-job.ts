import { systemClock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { bytes, clock } from '../web/format.ts'
import type { Cli } from './io.ts'
import { ask, askFor, type Door } from './reach.ts'

/** Between two tries to reach a server that is away, and how often a bar is drawn, ms. */
const AGAIN_MS = 1_000
const OVER = new Set(['succeeded', 'failed', 'cancelled', 'held', 'paused'])

export interface EndedJob {
  state: string
  error: { message: string } | null
  // biome-ignore lint/suspicious/noExplicitAny: each kind of job has a result of its own
  result: any
}

/** Follows a job to its end, also over restarts of the server, and shows on a terminal how much of it has come. */
export async function watchJob(io: Cli, find: () => Door, id: string): Promise<EndedJob> {
  const screen = process.stdout.isTTY ? process.stdout : undefined
  for (;;) {
    const job = await jobNow(find, id)
    if (job && OVER.has(job.state)) {
      screen?.write('\r\x1b[2K')
      return job
    }
    if (job) await hear(find, id, (line) => screen?.write(`\r\x1b[2K${line}`))
    else io.err('The server is away. Waiting for it …')
    await systemClock.sleep(AGAIN_MS)
  }
}

async function jobNow(find: () => Door, id: string): Promise<EndedJob | undefined> {
  try {
    return ((await ask(find(), `/api/jobs/${id}`)) as { job: EndedJob }).job
  } catch (error) {
    if (error instanceof DomainError && (error.retryable || error.code === 'server_needed')) return undefined
    throw error
  }
}

/** Until the stream ends: with the job, or with the server. */
async function hear(find: () => Door, id: string, draw: (line: string) => void): Promise<void> {
  try {
    const { body } = await askFor(find(), `/api/jobs/${id}/events`)
    const text = body!.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    let rest = ''
    for await (const chunk of text) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      for (const line of lines.filter(Boolean)) {
        const { type, ...said } = JSON.parse(line)
        if (type === 'progress' && said.bytes !== undefined) draw(barOf(said))
        if (/^job\.(succeeded|failed|cancelled|held|paused)$/.test(type)) return
      }
    }
  } catch (error) {
    if (error instanceof DomainError && !error.retryable) throw error // else it is away, and looked for again
  }
}

function barOf({ bytes: there, totalBytes, bytesPerSecond, etaMs }: Record<string, number | null>): string {
  const of = totalBytes ? ` of ${bytes(totalBytes)} (${Math.floor((there! / totalBytes) * 100)} %)` : ''
  const speed = bytesPerSecond ? `, ${bytes(bytesPerSecond)} a second` : ''
  return `  ${bytes(there!)}${of}${speed}${etaMs ? `, about ${clock(etaMs / 1000)} more` : ''}`
}
