import { join } from 'node:path'
import { temporaryFolder } from './database.ts'
import type { Manner, Order, Report, Settings } from './libsql-server.ts'
import { lines } from './second-process.ts'

/** A libSQL server as a child process, on a file that outlives it. */
export interface LibsqlServer extends AsyncDisposable {
  url: string
  /** The database file; to be looked at once the server is gone. */
  file: string
  /** What has happened since it was started last. */
  report(): Promise<Report>
  /** Gives this, too, to requests to come: from the next or the nth from now on, to as many as said, or to all. */
  trouble(manner: Manner, options?: { nth?: number; many?: number }): Promise<void>
  /** Gives this to the requests of these numbers, counted from the start of the server. */
  troubleAt(manner: Manner, from: number, many?: number): Promise<void>
  fine(): Promise<void>
  /** Refuses all connections, and cuts those that are open. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /** Gives up the transactions whose clients it has lost, and with them their locks. */
  expire(): Promise<void>
  /** SIGKILL: what was not committed is lost. */
  kill(): Promise<void>
  /** Starts it again on the same file and port. */
  start(): Promise<void>
}

const SERVER = join(import.meta.dir, 'libsql-server.ts')

export async function libsqlServer({ token = '', streamLivesMs = 60_000 } = {}): Promise<LibsqlServer> {
  const folder = temporaryFolder()
  const file = join(folder.path, 'remote.db')
  const settings = { file, token, streamLivesMs }
  let child = await started({ ...settings, port: 0 })
  const { port } = child.report
  const troubleAt = async (manner: Manner, from: number, many = 1) => {
    await child.ask({ do: 'trouble', trouble: { manner, from, many } })
  }
  const server: LibsqlServer = {
    url: `http://127.0.0.1:${port}`,
    file,
    report: () => child.ask({ do: 'count' }),
    troubleAt,
    async trouble(manner, { nth = 1, many = Number.MAX_SAFE_INTEGER } = {}) {
      const { requests } = await child.ask({ do: 'count' })
      await troubleAt(manner, requests + nth, many)
    },
    fine: async () => void (await child.ask({ do: 'fine' })),
    refuse: async () => void (await child.ask({ do: 'refuse' })),
    accept: async () => void (await child.ask({ do: 'accept' })),
    expire: async () => void (await child.ask({ do: 'expire' })),
    kill: () => child.kill(),
    async start() {
      child = await started({ ...settings, port })
    },
    async [Symbol.asyncDispose]() {
      await child.kill()
      folder[Symbol.dispose]()
    },
  }
  return server
}

async function started(settings: Settings) {
  const child = Bun.spawn([process.execPath, SERVER, JSON.stringify(settings)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const answers = lines(child.stdout)
  const next = async () => JSON.parse((await answers.next()).value!) as Report
  return {
    report: await next(),
    async ask(order: Order): Promise<Report> {
      child.stdin.write(`${JSON.stringify(order)}\n`)
      child.stdin.flush()
      return next()
    },
    async kill() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
