import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be lost without a word, as when a laptop sleeps: neither side is told. */
export interface Relay extends AsyncDisposable {
  url: string
  /** From now on nothing passes on the streams that are open; idle connections are closed, new ones as good as any. */
  loseStreams(): void
  /** How many connections have been made. */
  readonly made: number
}

/** A connection on which something was said within this time is a stream. */
const LATELY_MS = 1_500

/** Opens a relay on a free port (in Node or Bun). */
export async function openRelay(to: string): Promise<Relay> {
  const { hostname, port } = new URL(to)
  const heard = new Map<Socket, number>()
  const lost = new WeakSet<Socket>()
  let made = 0
  const server = createServer((near) => {
    made++
    const far = connect(Number(port), hostname)
    join(near, far)
    join(far, near)
  })
  /** Passes on what one says to the other, and its end. */
  function join(from: Socket, other: Socket): void {
    heard.set(from, 0)
    const unlessLost = (pass: () => void) => () => lost.has(from) || pass()
    from.on('data', (bytes) => {
      for (const socket of [from, other]) heard.set(socket, performance.now())
      if (!lost.has(from)) other.write(bytes)
    })
    from.on(
      'error',
      unlessLost(() => other.destroy()),
    )
    from.on(
      'close',
      unlessLost(() => other.destroy()),
    )
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseStreams() {
      for (const [socket, at] of heard)
        if (performance.now() - at < LATELY_MS) lost.add(socket)
        else socket.destroy()
    },
    get made() {
      return made
    },
    async [Symbol.asyncDispose]() {
      for (const socket of heard.keys()) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
