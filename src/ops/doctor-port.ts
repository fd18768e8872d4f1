import { createServer } from 'node:net'
import type { DoctorDeps } from './doctor.ts'
import { bad, type Finding, ok } from './finding.ts'

/** Whether the server runs, or could take its port. */
export async function examinePort({ config: { host, port }, serving, db }: DoctorDeps): Promise<Finding[]> {
  if (serving) return [ok('server', `running at ${serving}`)]
  if (db) return [ok('server', 'running: it says all this itself')]
  const refusal = await tryToListen(host, port)
  if (!refusal) return [ok('server', `not running; port ${port} on ${host} is free`)]
  if (refusal === 'EADDRINUSE')
    return [bad('server', `not running, and port ${port} is taken by another program. Stop that, or set HEARTH_PORT.`)]
  return [bad('server', `can’t listen on ${host}:${port} (${refusal}). Set HEARTH_HOST and HEARTH_PORT.`)]
}

function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}
