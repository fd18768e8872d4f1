import { join } from 'node:path'
import { type Client, openClient, type WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'

/** How the server's model writes: these files, each of so many pieces, one each so many ms. */
export interface Pace {
  files: string[]
  pieces: number
  ms: number
}

export type Order =
  | { do: 'look' }
  /** Files begin to be written. */
  | { do: 'go' }
  /** The server's clock leaps. */
  | { do: 'leap'; ms: number }
  /** Publishes live lines. */
  | { do: 'say'; project: string; lines: number; bytes: number }
  /** Appends durable lines. */
  | { do: 'append'; project: string; lines: number; bytes: number }

/** What the server holds; asked to look, it collects its garbage first. */
export interface Holds {
  readers: number
  timers: number
  rss: number
  /** Used so far. */
  cpuMs: number
  objects: Record<string, number>
}

export interface StreamServer extends Client, AsyncDisposable {
  secret: string
  pid: number
  order(order: Order): Promise<Holds>
  /** A project whose plan is made and whose files wait for `go`. */
  project(): Promise<string>
  /** The text of a piece of a file. */
  text(path: string): string
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
}

/** Starts the server of this folder as a child process. */
export async function startStreamServer(pace: Pace, settings: Record<string, string> = {}): Promise<StreamServer> {
  const folder = temporaryFolder()
  const ready = Promise.withResolvers<{ url: string; secret: string }>()
  const answers = new Map<number, (holds: Holds) => void>()
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'server.ts')], {
    cwd: folder.path,
    env: {
      PATH: process.env.PATH,
      HEARTH_DATA: folder.path,
      HEARTH_PORT: '0',
      HEARTH_PREVIEW_PORT: '0',
      HEARTH_LOG: 'warn',
      STREAMS_PACE: JSON.stringify(pace),
      ...settings,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc(message) {
      if ('url' in message) ready.resolve(message)
      else answers.get(message.id)?.(message.holds)
    },
    onExit: () => ready.reject(new Error('the server ended before it was ready')),
  })
  const { url, secret } = await ready.promise
  const client = openClient(url, secret)
  let orders = 0
  return {
    ...client,
    secret,
    pid: child.pid,
    order: (order) =>
      new Promise((resolve) => {
        answers.set(++orders, resolve)
        child.send({ id: orders, order })
      }),
    async project() {
      const { project } = await (await client.post('/api/projects', { brief: 'a small thing', tier: 'low' })).json()
      using reading = await client.follow(`/api/projects/${project.id}/events`)
      const isStart = ({ type, kind }: WireLine) => type === 'job.started' && kind === 'write'
      await reading.until(() => reading.lines.filter(isStart).length === pace.files.length, 'the start of all files')
      return project.id
    },
    text: (path) => Array.from({ length: pace.pieces }, (_, i) => textOf(path, i)).join(''),
    async stop() {
      child.disconnect()
      await child.exited
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
      folder[Symbol.dispose]()
    },
  }
}

/** One piece of a file: lines of prose, some of it not ASCII. */
export function textOf(path: string, piece: number): string {
  return `${path}, piece ${piece}: ${'çà et là, “so”; '.repeat(4)}.\n`
}
