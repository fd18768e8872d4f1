import type { Socket } from 'bun'

/** What the server was asked. */
export interface ModelCall {
  path: string
  headers: Record<string, string>
  body: { model: string; messages: { role: string; content: string }[]; [name: string]: unknown }
}

/** The server's side of one answer: everything that a vendor, its network or a proxy may do. */
export interface Reply {
  /** Sends the status line and headers of an event stream. Called by `event` when need be. */
  open(): void
  event(type: string, data: object): void
  start(): void
  text(text: string): void
  thinking(text: string): void
  ping(): void
  /** message_delta with the stop reason, then message_stop, then the end of the response. */
  finish(reason?: string): void
  error(type: string, message: string): void
  /** Ends the response as if all were well, whatever has been sent. */
  close(): void
  /** Closes the connection in the middle of the response. What was sent arrives. */
  hangUp(): void
  /** Kills the connection. What was sent and not read yet is lost. */
  reset(): void
  /** A response that is no stream. */
  status(code: number, body: object, headers?: Record<string, string>): void
  /** Resolves when the client has gone. */
  readonly gone: Promise<void>
}

export type Script = (reply: Reply, call: ModelCall) => void | Promise<void>

export interface ModelServer extends AsyncDisposable {
  url: string
  calls: ModelCall[]
}

interface Connection {
  received: string
  gone: PromiseWithResolvers<void>
}

/** A local server that speaks the Messages streaming protocol on real sockets; the nth request gets the nth script, later ones the last. */
export function modelServer(...scripts: Script[]): ModelServer {
  const calls: ModelCall[] = []
  const server = Bun.listen<Connection>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.data = { received: '', gone: Promise.withResolvers() }
      },
      data(socket, bytes) {
        socket.data.received += bytes.toString('latin1')
        const call = wholeCall(socket.data)
        if (!call) return
        const script = scripts[Math.min(calls.length, scripts.length - 1)]!
        calls.push(call)
        void script(replyOn(socket), call)
      },
      close: (socket) => socket.data.gone.resolve(),
      error: (socket) => socket.data.gone.resolve(),
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.stop(true)
    },
  }
}

/** Answers with `text` in pieces of `size` characters. */
export const says =
  (text: string, { size = 7, reason = 'end_turn' } = {}): Script =>
  (reply) => {
    pieces(text, size).forEach(reply.text)
    reply.finish(reason)
  }

/** Sends `text`, then does something else than finishing. */
export const breaks =
  (text: string, then: (reply: Reply) => void | Promise<void>): Script =>
  (reply) => {
    pieces(text, 50).forEach(reply.text)
    return then(reply)
  }

export const fails =
  (code: number, type: string, headers: Record<string, string> = {}, message = 'no'): Script =>
  (reply) =>
    reply.status(code, { type: 'error', error: { type, message } }, { 'request-id': 'req_1', ...headers })

function pieces(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
}

function wholeCall(connection: Connection): ModelCall | undefined {
  const end = connection.received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first, ...lines] = connection.received.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const body = connection.received.slice(end + 4)
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined
  connection.received = ''
  return { path: first!.split(' ')[1]!, headers, body: JSON.parse(Buffer.from(body, 'latin1').toString()) }
}

function replyOn(socket: Socket<Connection>): Reply {
  let opened = false
  let begun = false
  const send = (text: string) => socket.write(text)
  const chunk = (text: string) => send(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
  const reply: Reply = {
    open() {
      if (opened) return
      opened = true
      send(
        'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n',
      )
    },
    event(type, data) {
      reply.open()
      chunk(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    },
    start() {
      if (begun) return
      begun = true
      reply.event('message_start', {
        message: {
          id: 'msg_1',
          role: 'assistant',
          content: [],
          usage: { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 5, cache_creation_input_tokens: 2 },
        },
      })
      reply.event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
    },
    text(text) {
      reply.start()
      reply.event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
    },
    thinking(thinking) {
      reply.start()
      reply.event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking } })
    },
    ping: () => reply.event('ping', {}),
    finish(reason = 'end_turn') {
      reply.start()
      reply.event('message_delta', {
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { output_tokens: 42 },
      })
      reply.event('message_stop', {})
      reply.close()
    },
    error: (type, message) => reply.event('error', { error: { type, message } }),
    close() {
      reply.open()
      send('0\r\n\r\n')
      socket.end()
    },
    hangUp: () => void socket.end(),
    reset: () => socket.terminate(),
    status(code, body, headers = {}) {
      const text = JSON.stringify(body)
      const all = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        connection: 'close',
        ...headers,
      }
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
      send(`HTTP/1.1 ${code} No\r\n${lines.join('')}\r\n${text}`)
      socket.end()
    },
    gone: socket.data.gone.promise,
  }
  return reply
}
