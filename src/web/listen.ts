import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { Conflict } from '../errors.ts'

/** Networks between containers of this machine: nobody else is on them. */
const VIRTUAL = /^(docker|br-|veth|virbr|cni|podman)/
/** What marks the inside of a container, whose address means nothing outside. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv']

interface Place {
  container: boolean
  interfaces: ReturnType<typeof networkInterfaces>
}

/** Runs what opens a listener, and says in words why it can't. @throws Conflict `port_in_use`, `address_unusable` */
export function listening<T>(hostname: string, port: number, open: (at: { hostname: string; port: number }) => T): T {
  try {
    return open({ hostname, port })
  } catch (cause) {
    throw explain(cause, hostname, port)
  }
}

/** How other machines reach a server that listens on all addresses: by this machine's own, the IPv4 ones. */
export function urlsElsewhere(host: string, port: number, place: Place = here()): string[] {
  if ((host !== '0.0.0.0' && host !== '::') || place.container) return []
  return Object.entries(place.interfaces)
    .filter(([name]) => !VIRTUAL.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => `http://${address}:${port}`)
}

function here(): Place {
  return { container: CONTAINER_MARKS.some((mark) => existsSync(mark)), interfaces: networkInterfaces() }
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

/** The host that a URL names for an address that is listened on. */
export function hostName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
