import { LOCAL_MARK } from '../../src/accounts/local.ts'

/** One line of a stream, as it came over the wire. */
export interface WireLine {
  type: string
  at: number
  seq?: number
  prev?: number
  job?: string
  kind?: string
  attempt?: number
  elapsed?: number
  // biome-ignore lint/suspicious/noExplicitAny: each type of line says something else
  [name: string]: any
}

/** One reader of a stream: what it has been sent, and when. */
export interface Reading extends Disposable {
  status: number
  headers: Headers
  lines: WireLine[]
  /** When each line came, ms of performance.now(). */
  times: number[]
  /** The text as it came, for what is no NDJSON. */
  raw(): string
  durable(): WireLine[]
  types(): string[]
  /** Resolves with the first line, past or to come, that fits; rejects when the stream ends without. */
  until(fits: (line: WireLine) => boolean, what?: string): Promise<WireLine>
  /** Resolves when the stream has ended or was cut. */
  over: Promise<void>
  leave(): void
}

/** Speaks HTTP to a server as its owner on this machine. */
export interface Client {
  url: string
  request(path: string, init?: RequestInit): Promise<Response>
  post(path: string, body?: unknown): Promise<Response>
  /** GET of JSON that must succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: the answers of many routes
  json(path: string): Promise<any>
  follow(path: string, init?: RequestInit): Promise<Reading>
}

const PATIENCE_MS = 45_000

/** `path` may also be a whole URL. */
export function openClient(url: string, secret: string): Client {
  const authorization = `Bearer ${LOCAL_MARK}${secret}`
  const request = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, url), { redirect: 'manual', ...init, headers: { authorization, ...init.headers } })
  return {
    url,
    request,
    post: (path, body) =>
      request(path, {
        method: 'POST',
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    async json(path) {
      const response = await request(path)
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return response.json()
    },
    async follow(path, init = {}) {
      const gone = new AbortController()
      const response = await request(path, { ...init, signal: gone.signal })
      return reading(response, gone)
    },
  }
}

/** The text that a reader shows for a job after these lines: a `state` replaces, a `delta` adds. */
export function shownText(lines: WireLine[], job: string): string {
  let text = ''
  for (const line of lines) {
    if (line.job !== job) continue
    if (line.type === 'state') text = line.text ?? ''
    if (line.type === 'delta') text += line.text
  }
  return text
}

interface Waiting {
  fits: (line: WireLine) => boolean
  resolve: (line: WireLine) => void
  reject: (error: Error) => void
  what: string
}

function reading(response: Response, gone: AbortController): Reading {
  const lines: WireLine[] = []
  const times: number[] = []
  let raw = ''
  let ended = false
  let waiting: Waiting[] = []

  const hear = (line: WireLine) => {
    lines.push(line)
    times.push(performance.now())
    for (const one of waiting.filter(({ fits }) => fits(line))) one.resolve(line)
    waiting = waiting.filter(({ fits }) => !fits(line))
  }
  const fail = ({ reject, what }: Waiting) =>
    reject(new Error(`the stream ended without ${what}; its lines: ${lines.map(({ type }) => type).join(' ')}`))
  const over = read(response, (text) => {
    raw += text
    if (response.headers.get('content-type') !== 'application/x-ndjson') return
    const end = raw.lastIndexOf('\n') + 1
    for (const line of raw.slice(0, end).split('\n').filter(Boolean)) hear(JSON.parse(line))
    raw = raw.slice(end)
  }).finally(() => {
    ended = true
    waiting.forEach(fail)
  })

  return {
    status: response.status,
    headers: response.headers,
    lines,
    times,
    raw: () => raw,
    durable: () => lines.filter(({ seq }) => seq !== undefined),
    types: () => lines.map(({ type }) => type),
    until(fits, what = 'it') {
      const known = lines.find(fits)
      if (known) return Promise.resolve(known)
      return new Promise((resolve, reject) => {
        const one = { fits, resolve, reject, what }
        if (ended) return fail(one)
        waiting.push(one)
        setTimeout(fail, PATIENCE_MS, one).unref()
      })
    },
    over,
    leave: () => gone.abort(),
    [Symbol.dispose]: () => gone.abort(),
  }
}

/** Reads to the end; a cut is an end too. */
async function read(response: Response, hear: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) hear(decoder.decode(chunk, { stream: true }))
  } catch {
    // the server was killed, or the reader has left
  }
}
