import { shownText, type WireLine } from '../support/client.ts'

/** One reader on a socket of its own, as cheap as they get: bytes are kept as they come, and understood at the end. */
export interface RawReader {
  /** When the connection was asked for, when its first line came, and when anything came, ms of performance.now(). */
  asked: number
  first: Promise<void>
  times: number[]
  over: Promise<void>
  /** The head of the answer, and its body as it was sent: in how many chunks, and which text. */
  answer(): Understood
  lines(): WireLine[]
  leave(): void
  /** Reads no more, and leaves the connection as it is. */
  stopReading(): void
  readOn(): void
}

const END = '0\r\n\r\n'

export interface Asked {
  url: string
  secret: string
  path: string
  headers?: string[]
}

/** Asks for a stream by HTTP/1.1. */
export async function rawReader({ url, secret, path, headers = [] }: Asked): Promise<RawReader> {
  const { hostname, port } = new URL(url)
  const parts: Buffer[] = []
  const times: number[] = []
  const first = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  let answered = false
  const asked = performance.now()
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(socket, bytes) {
        parts.push(Buffer.from(bytes))
        times.push(performance.now())
        if (!answered && bytes.includes('{"type"')) {
          answered = true
          first.resolve()
        }
        if (bytes.subarray(-END.length).equals(Buffer.from(END))) socket.end()
      },
      close() {
        first.resolve()
        over.resolve()
      },
      error: () => over.resolve(),
    },
  })
  const head = [
    `GET ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    `Authorization: Bearer local_${secret}`,
    ...headers,
    '',
    '',
  ]
  socket.write(head.join('\r\n'))
  const answer = () => understood(Buffer.concat(parts))
  return {
    asked,
    first: first.promise,
    times,
    over: over.promise,
    answer,
    lines: () =>
      answer()
        .text.split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    leave: () => void socket.terminate(),
    stopReading: () => socket.pause(),
    readOn: () => socket.resume(),
  }
}

/** An answer in chunks, and what came after it. */
export interface Understood {
  head: string
  chunks: number
  text: string
  /** Its last chunk has come. */
  whole: boolean
  rest: Buffer
}

/** Takes an answer apart; what has come of a chunk that is not whole is left out. */
export function understood(bytes: Buffer): Understood {
  const start = bytes.indexOf('\r\n\r\n') + 4
  const texts: Buffer[] = []
  let at = start
  let whole = false
  while (!whole) {
    const line = bytes.indexOf('\r\n', at)
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, line).toString(), 16)
    const end = line + 2 + size
    if (Number.isNaN(size) || end + 2 > bytes.length) break
    texts.push(bytes.subarray(line + 2, end))
    at = end + 2
    whole = size === 0
  }
  const head = bytes.subarray(0, start).toString()
  const chunks = texts.length - (whole ? 1 : 0)
  return { head, chunks, text: Buffer.concat(texts).toString(), whole, rest: bytes.subarray(at) }
}

/** The longest time in which nothing came, ms. */
export function longestSilence({ asked, times }: RawReader): number {
  return Math.max(...times.map((at, i) => at - (times[i - 1] ?? asked)))
}

/** The `seq` of the last durable line; 0 before the first. */
export function lastSeq(lines: WireLine[]): number {
  return lines.findLast(({ seq }) => seq !== undefined)?.seq ?? 0
}

/** The durable lines, once it is sure that each came once, in order, and none is missing between them. */
export function unbroken(lines: WireLine[]): WireLine[] {
  const durable = lines.filter(({ seq }) => seq !== undefined)
  for (const [i, { seq, prev }] of durable.entries())
    if (prev !== (durable[i - 1]?.seq ?? 0)) throw new Error(`line ${seq} follows ${durable[i - 1]?.seq}, not ${prev}`)
  return durable
}

/**
 * Throws unless the reader of these connections shows the text that was written: all of it when it was there at the end
 * of the job, else as much as there was when it was last there.
 */
export function expectShown(connections: WireLine[][], path: string, text: string): void {
  const lines = connections.flat()
  const job = lines.find((line) => line.type === 'file.written' && line.path === path)?.job
  if (!job) throw new Error(`${path} was not written`)
  const ofJob = (all: WireLine[]) => all.filter((line) => line.job === job)
  const last = ofJob(connections.find((all) => ofJob(all).some(({ type }) => type === 'job.succeeded')) ?? [])
  const wasThere = last.some(({ type }) => type === 'delta' || type === 'state')
  const shown = shownText(lines, job)
  if (wasThere ? shown !== text : !text.startsWith(shown)) throw new Error(`${path} is not what is shown: ${shown}`)
}
