import { hasAccounts } from '../accounts/accounts.ts'
import { createSetupLink } from '../accounts/setup.ts'
import { type App, createApp } from '../app.ts'
import type { Cli } from './io.ts'
import { stopRequested } from './stop.ts'

/** `hearth serve`: runs the server until SIGTERM or SIGINT; a second signal ends it at once. */
export async function run(_args: string[], io: Cli): Promise<number> {
  await using app = await createApp(io.config)
  const { url } = await app.listen()
  await app.startWork()
  io.out(`Hearth is at ${url}`)
  await printSetupLink(app, url, io)
  await stopRequested()
  io.out('Stopping: running work is kept and goes on at the next start.')
  return 0
}

async function printSetupLink(app: App, url: string, io: Cli): Promise<void> {
  if (await hasAccounts(app.db.read)) return io.out('Ready. Sign in with your account.')
  const { path } = await createSetupLink(app)
  io.out(`Set it up here, once, within 30 minutes: ${url}${path}`)
}
