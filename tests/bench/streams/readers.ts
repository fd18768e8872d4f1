// Opens streams over bare sockets and counts what comes. Says `{open}` once all have a first line, then takes orders: `count`
// begins to count, `probe N` opens N more one after another, `figures` tells what was counted since `count`.
import { LOCAL_MARK } from '../../../src/accounts/local.ts'

interface Options {
  port: number
  secret: string
  /** What each reader asks for: taken in turn. */
  paths: string[]
  readers: number
}

interface Reader {
  lines: number
  lastAt: number
  longestMs: number
  last: number
  first: PromiseWithResolvers<void>
}

const CLOSING_BRACE = 0x7d
const NEWLINE = 0x0a
/** Connections that are opened at the same time. */
const AT_ONCE = 100
const { port, secret, paths, readers } = JSON.parse(process.argv[2]!) as Options
const all: Reader[] = []
let countedFrom = performance.now()

function open(path: string): Promise<Bun.Socket<Reader>> {
  const data: Reader = { lines: 0, lastAt: 0, longestMs: 0, last: 0, first: Promise.withResolvers() }
  all.push(data)
  return Bun.connect<Reader>({
    hostname: '127.0.0.1',
    port,
    data,
    socket: {
      open: (socket) =>
        void socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${LOCAL_MARK}${secret}\r\n\r\n`,
        ),
      data: (socket, chunk) => hear(socket.data, chunk),
      close: (socket) => socket.data.first.reject(new Error('a stream was closed')),
    },
  })
}

/** A line ends in “}” and a newline, also when they come apart; chunk headers never do. */
function hear(reader: Reader, chunk: Buffer): void {
  let found = 0
  if (chunk[0] === NEWLINE && reader.last === CLOSING_BRACE) found++
  for (let at = chunk.indexOf('}\n'); at !== -1; at = chunk.indexOf('}\n', at + 2)) found++
  reader.last = chunk[chunk.length - 1]!
  if (found === 0) return
  const now = performance.now()
  reader.longestMs = Math.max(reader.longestMs, now - Math.max(reader.lastAt, countedFrom))
  reader.lastAt = now
  reader.lines += found
  reader.first.resolve()
}

const orders: Record<string, (argument: number) => Promise<object> | object> = {
  count() {
    countedFrom = performance.now()
    for (const reader of all) Object.assign(reader, { lines: 0, longestMs: 0, lastAt: countedFrom })
    return {}
  },
  async probe(times) {
    const firstLineMs: number[] = []
    for (let i = 0; i < times; i++) {
      const asked = performance.now()
      const socket = await open(paths[i % paths.length]!)
      await socket.data.first.promise
      firstLineMs.push(performance.now() - asked)
      all.pop()
      socket.end()
    }
    return { firstLineMs }
  },
  figures() {
    const now = performance.now()
    const silences = all.map(({ longestMs, lastAt }) => Math.max(longestMs, now - lastAt))
    return {
      seconds: (now - countedFrom) / 1_000,
      lines: all.reduce((sum, { lines }) => sum + lines, 0),
      longestSilenceMs: Math.max(...silences),
    }
  },
}

const sockets: Bun.Socket<Reader>[] = []
for (let opened = 0; opened < readers; opened += AT_ONCE) {
  const more = Array.from({ length: Math.min(AT_ONCE, readers - opened) }, (_, i) =>
    open(paths[(opened + i) % paths.length]!),
  )
  sockets.push(...(await Promise.all(more)))
}
await Promise.all(all.map(({ first }) => first.promise))
console.log(JSON.stringify({ open: sockets.length }))

for await (const order of console) {
  const [name, argument] = order.split(' ')
  console.log(JSON.stringify(await orders[name!]!(Number(argument))))
}
