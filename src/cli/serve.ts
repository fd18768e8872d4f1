import { hasAccounts } from '../accounts/accounts.ts'
import { createSetupLink } from '../accounts/setup.ts'
import { type App, createApp } from '../app.ts'
import { type Cli, takesNothing } from './io.ts'
import { stopRequested } from './stop.ts'

/** `hearth serve`: runs the server until SIGTERM or SIGINT; a second signal ends it at once. */
export async function run(args: string[], io: Cli): Promise<number> {
  if (args.length > 0) return takesNothing('serve', io)
  await using app = await createApp(io.config)
  const { url, elsewhere } = app.listen()
  await app.startWork()
  io.out(`Hearth is at ${url}`)
  for (const other of elsewhere) io.out(`and for other machines at ${other}`)
  if (await hasAccounts(app.db.read)) io.out('Ready. Sign in with your account.')
  else await printSetupLink(app, [url, ...elsewhere], io)
  await stopRequested()
  io.out('Stopping: running work is kept and goes on at the next start.')
  return 0
}

async function printSetupLink(app: App, [url, ...elsewhere]: string[], io: Cli): Promise<void> {
  const { path } = await createSetupLink(app)
  io.out(`Set it up here, once, within 30 minutes: ${url}${path}`)
  for (const other of elsewhere) io.out(`or from another machine: ${other}${path}`)
}
