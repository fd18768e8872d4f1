import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a file is served; what is not said, as a good server does. */
export interface Served {
  bytes: Uint8Array
  etag?: string
  /** Cuts the connection after so many bytes of an answer, so many times. */
  cutAfter?: number
  cuts?: number
  /** Heeds no Range. */
  noRanges?: boolean
  /** Answers with the asked range, but heeds no If-Range. */
  noIfRange?: boolean
  /** Another length than it has is announced. */
  announces?: number
  /** Sends each so many bytes, and waits for `release` before more. */
  holdAfter?: number
  status?: number
  location?: string
  headers?: Record<string, string>
}

export interface Asked {
  path: string
  range: string | undefined
  ifRange: string | undefined
  authorization: string | undefined
  /** Bytes that were sent. */
  sent: number
}

/** Something to wait for, as Node before 22 has it too: the browser's tests run there. */
function signal() {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** A server of files on this machine that can do all that servers of files do wrong. */
export async function fileServer(files: Record<string, Served> = {}) {
  const asked: Asked[] = []
  const waiting = signal()
  const held = signal()
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const path = request.url!
    const { range, authorization, 'if-range': ifRange } = request.headers
    const line: Asked = { path, range, ifRange: ifRange as string | undefined, authorization, sent: 0 }
    asked.push(line)
    const file = files[path]
    if (!file) return void response.writeHead(404).end()
    if (file.location) return void response.writeHead(302, { location: file.location }).end()
    if (file.status) return void response.writeHead(file.status, file.headers).end()
    const etag = file.etag ?? '"one"'
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const heeds = start > 0 && !file.noRanges && (file.noIfRange || ifRange === etag)
    if (heeds && start >= file.bytes.length)
      return void response.writeHead(416, { 'content-range': `bytes */${file.bytes.length}` }).end()
    const body = heeds ? file.bytes.subarray(start) : file.bytes
    const length = String(file.announces ?? body.length)
    const part = heeds && { 'content-range': `bytes ${start}-${file.bytes.length - 1}/${file.bytes.length}` }
    response.writeHead(heeds ? 206 : 200, { etag, 'content-length': length, ...part, ...file.headers })
    await send(file, body, response, line)
  }

  async function send(file: Served, body: Uint8Array, response: ServerResponse, line: Asked) {
    const cut = (file.cuts ?? 0) > 0 && file.cutAfter !== undefined
    const most = cut ? file.cutAfter! : body.length
    for (let at = 0; at < most; ) {
      const chunk = body.subarray(at, Math.min(most, at + 64 * 1024))
      response.write(chunk)
      at += chunk.length
      line.sent = at
      if (file.holdAfter !== undefined && at >= file.holdAfter) {
        held.resolve()
        await waiting.promise
      }
    }
    if (!cut) return void response.end()
    file.cuts!--
    response.write('', () => setImmediate(() => response.destroy()))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    files,
    asked,
    /** Resolves when a held answer has begun. */
    held: held.promise,
    release: () => waiting.resolve(),
    async [Symbol.asyncDispose]() {
      waiting.resolve()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Bytes that no run of them repeats, the same each time. */
export function someBytes(count: number, seed = 7): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count)
  let state = seed
  for (let i = 0; i < count; i++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    bytes[i] = state >> 16
  }
  return bytes
}
