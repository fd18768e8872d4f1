import type { Socket } from 'bun'

/** A tool call as a vendor streams it. `input` is JSON text, or meant to be: a protocol whose arguments are an object says in its own way that it is broken. */
export interface WireCall {
  id: string
  name: string
  input: string
}

export type WireFinish = 'stop' | 'length' | 'refusal' | 'tools'

/** What a vendor counts: `input` with what its cache gave (`cached`). */
export const COUNTED = { input: 17, cached: 5, output: 42 }

/**
 * How one answer looks in a vendor's protocol: each verb returns the bytes of its frames, '' where the protocol has no such
 * thing. A new one is made for each answer, so that it can number its blocks.
 */
export interface Frames {
  /** What comes before the first content. */
  open(): string
  text(text: string): string
  thinking(text: string): string
  /** The frames of one call, its input in pieces where the protocol has pieces. */
  call(call: WireCall): string[]
  /** All that ends an answer: the reason, the usage, the last frame. */
  finish(reason: WireFinish): string
  /** What keeps a connection alive and says nothing. */
  ping(): string
  /** A frame that is not well-formed. */
  broken(): string
  /** The vendor is overloaded, in the middle of an answer. */
  error(message: string): string
}

/** One vendor's protocol: all that the kit does not know. */
export interface Wire {
  name: string
  /** The content type of a streamed answer. */
  contentType: string
  /** Whether this request asks for a streamed answer. */
  asks(request: WireRequest): boolean
  frames(request: WireRequest): Frames
  /** The body of an answer with this status. */
  failure(status: number, message: string): object
  /** What is answered to any other request (models, token counts); undefined: 404. */
  other?(request: WireRequest): object | undefined
}

/** What a server was asked. */
export interface WireRequest {
  method: string
  path: string
  headers: Record<string, string>
  /** The body's JSON; undefined when there was none. */
  // biome-ignore lint/suspicious/noExplicitAny: each protocol has its own
  body: any
}

/** The server's side of one answer: everything that a vendor, its network or a proxy may do. */
export interface Reply {
  /** A sign of life before the headers: an interim response (RFC 9110, 15.2). */
  interim(): void
  /** Sends the status line and headers of a stream. Called by `send` when need be. */
  open(): void
  /** Frames of the protocol, as one piece of the body. */
  send(frames: string): void
  /** The frames, one byte at a time, each in a packet of its own as far as a program can see to it. */
  sendByByte(frames: string): Promise<void>
  /** What comes before the content, once. */
  start(): void
  text(text: string): void
  thinking(text: string): void
  call(call: WireCall): void
  ping(): void
  finish(reason?: WireFinish): void
  error(message: string): void
  /** Ends the response as if all were well, whatever has been sent. */
  close(): void
  /** Closes the connection in the middle of the response. What was sent arrives. */
  hangUp(): void
  /** Kills the connection. What was sent and not read yet is lost. */
  reset(): void
  /** A response that is no stream. */
  answer(status: number, body: string, headers?: Record<string, string>): void
  /** The vendor's answer with this status. */
  fail(status: number, headers?: Record<string, string>, message?: string): void
  readonly frames: Frames
  /** Resolves when the client has gone. */
  readonly gone: Promise<void>
}

export type Script = (reply: Reply, request: WireRequest) => void | Promise<void>

export interface VendorServer extends AsyncDisposable {
  url: string
  /** The requests for a streamed answer. */
  asked: WireRequest[]
  /** The other requests. */
  others: WireRequest[]
}

interface Connection {
  received: Buffer[]
  /** What the kernel did not take yet. */
  waiting: Buffer[]
  ending: boolean
  gone: PromiseWithResolvers<void>
}

/** A local server that speaks a vendor's protocol on real sockets; the nth question gets the nth script, later ones the last. */
export function vendorServer(wire: Wire, ...scripts: Script[]): VendorServer {
  const asked: WireRequest[] = []
  const others: WireRequest[] = []
  const answer = (socket: Socket<Connection>, request: WireRequest) => {
    if (!wire.asks(request)) {
      others.push(request)
      return answerOther(wire, socket, request)
    }
    const script = scripts[Math.min(asked.length, scripts.length - 1)]!
    asked.push(request)
    void script(replyOn(wire, socket, request), request)
  }
  const server = Bun.listen<Connection>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.data = { received: [], waiting: [], ending: false, gone: Promise.withResolvers() }
      },
      data(socket, bytes) {
        socket.data.received.push(Buffer.from(bytes))
        const request = wholeRequest(socket.data)
        if (request) answer(socket, request)
      },
      drain: flush,
      close: (socket) => socket.data.gone.resolve(),
      error: (socket) => socket.data.gone.resolve(),
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    others,
    async [Symbol.asyncDispose]() {
      server.stop(true)
    },
  }
}

function wholeRequest(connection: Connection): WireRequest | undefined {
  const received = Buffer.concat(connection.received)
  connection.received = [received]
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first, ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const body = received.subarray(end + 4)
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined
  connection.received = []
  const [method, path] = first!.split(' ') as [string, string]
  return { method, path, headers, body: body.length === 0 ? undefined : JSON.parse(body.toString()) }
}

function answerOther(wire: Wire, socket: Socket<Connection>, request: WireRequest): void {
  const known = wire.other?.(request)
  const body = known ?? wire.failure(404, 'There is nothing here.')
  wholeAnswer(socket, known ? 200 : 404, JSON.stringify(body), {})
}

function replyOn(wire: Wire, socket: Socket<Connection>, request: WireRequest): Reply {
  const frames = wire.frames(request)
  let opened = false
  let started = false
  const reply: Reply = {
    frames,
    gone: socket.data.gone.promise,
    interim: () => write(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
    open() {
      if (opened) return
      opened = true
      const head = `content-type: ${wire.contentType}\r\nconnection: close\r\ntransfer-encoding: chunked`
      write(socket, `HTTP/1.1 200 OK\r\n${head}\r\n\r\n`)
    },
    send(text) {
      reply.open()
      if (text !== '') write(socket, `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
    },
    async sendByByte(text) {
      reply.open()
      for (const byte of Buffer.from(text)) {
        write(socket, Buffer.from([0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a]))
        await new Promise(setImmediate)
      }
    },
    start() {
      if (started) return
      started = true
      reply.send(frames.open())
    },
    text: (text) => afterStart(frames.text(text)),
    thinking: (text) => afterStart(frames.thinking(text)),
    call: (call) => frames.call(call).forEach(afterStart),
    ping: () => reply.send(frames.ping()),
    finish(reason = 'stop') {
      afterStart(frames.finish(reason))
      reply.close()
    },
    error: (message) => reply.send(frames.error(message)),
    close() {
      reply.open()
      write(socket, '0\r\n\r\n')
      end(socket)
    },
    hangUp: () => end(socket),
    reset: () => socket.terminate(),
    answer: (status, body, headers = {}) => wholeAnswer(socket, status, body, headers),
    fail: (status, headers = {}, message = 'no') =>
      wholeAnswer(socket, status, JSON.stringify(wire.failure(status, message)), { 'request-id': 'req_1', ...headers }),
  }
  const afterStart = (text: string) => {
    reply.start()
    reply.send(text)
  }
  return reply
}

function wholeAnswer(socket: Socket<Connection>, status: number, body: string, headers: Record<string, string>) {
  const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers }
  const lines = Object.entries({ ...all, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  write(socket, `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'No'}\r\n${lines.join('')}\r\n${body}`)
  end(socket)
}

function write(socket: Socket<Connection>, bytes: string | Buffer): void {
  socket.data.waiting.push(Buffer.from(bytes as string))
  flush(socket)
}

function end(socket: Socket<Connection>): void {
  socket.data.ending = true
  flush(socket)
}

/** Hands the kernel what it takes; the rest goes when it has room. */
function flush(socket: Socket<Connection>): void {
  const { waiting } = socket.data
  while (waiting.length > 0) {
    const taken = socket.write(waiting[0]!)
    if (taken < 0) return // the client has gone
    if (taken < waiting[0]!.length) {
      waiting[0] = waiting[0]!.subarray(taken)
      return
    }
    waiting.shift()
  }
  if (socket.data.ending) socket.end()
}
