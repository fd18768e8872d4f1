import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Redis from 'ioredis'

const READY_MS = 5_000

export interface LocalRedis extends AsyncDisposable {
  port: number
}

/** A Redis of its own on this machine, which keeps every write; null where `redis-server` is not installed. */
export async function localRedis(appendfsync: 'always' | 'everysec'): Promise<LocalRedis | null> {
  const program = Bun.which('redis-server')
  if (!program) return null
  const folder = mkdtempSync(join(tmpdir(), 'hearth-bench-redis-'))
  const port = freePort()
  const settings = {
    port,
    dir: folder,
    bind: '127.0.0.1',
    appendonly: 'yes',
    appendfsync,
    save: '',
    loglevel: 'warning',
  }
  const server = Bun.spawn(
    [program, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`])],
    {
      stdout: 'ignore',
      stderr: 'inherit',
    },
  )
  await answers(port)
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.kill()
      await server.exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(port: number): Promise<void> {
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: null })
  client.on('error', () => {}) // it is still starting
  const late = setTimeout(() => client.disconnect(), READY_MS)
  await client.ping()
  clearTimeout(late)
  client.disconnect()
}

function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  server.stop(true)
  return server.port
}
