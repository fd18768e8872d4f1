import { Conflict } from '../errors.ts'

/** Runs what opens a listener, and says in words why it can't. @throws Conflict `port_in_use`, `address_unusable` */
export function listening<T>(hostname: string, port: number, open: (at: { hostname: string; port: number }) => T): T {
  try {
    return open({ hostname, port })
  } catch (cause) {
    throw explain(cause, hostname, port)
  }
}

function explain(cause: unknown, host: string, port: number): unknown {
  const { code } = cause as { code?: string }
  if (code === 'EADDRINUSE')
    return new Conflict(
      'port_in_use',
      `Port ${port} on ${host} is in use. Stop what uses it, or set HEARTH_PORT and HEARTH_PREVIEW_PORT to free ones.`,
      { cause, context: { port } },
    )
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return new Conflict(
      'address_unusable',
      `Hearth can’t listen on ${host}, port ${port}. Set HEARTH_HOST and HEARTH_PORT to an address of this machine.`,
      { cause, context: { port } },
    )
  return cause
}
