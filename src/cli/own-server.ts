import { readServer } from '../accounts/local.ts'
import { createApp } from '../app.ts'
import type { Cli } from './io.ts'
import type { Door } from './reach.ts'

/** Works on the server of the data directory, or on one of its own for as long as the work takes. */
export async function withServer(io: Cli, work: (find: () => Door) => Promise<number>): Promise<number> {
  const running = readServer(io.config.data)
  if (running) return work(() => readServer(io.config.data) ?? running)
  await using app = await createApp({
    ...io.config,
    port: 0,
    previewPort: 0,
    log: io.config.log === 'info' ? 'warn' : io.config.log,
  })
  const { local } = app.listen()
  await app.startWork()
  return await work(() => ({ url: local, secret: app.localSecret }))
}

/** Calls `work` with a signal that Ctrl-C aborts. */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const stopped = new AbortController()
  const onSignal = () => stopped.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    await work(stopped.signal)
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  return stopped.signal.aborted
}
