/** This machine itself, by its addresses. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' }

/**
 * Whether a model may be downloaded from there: from a host that the settings name (`.example.org`: all below it; `host:8080`: that port, else the
 * usual one of the scheme), by https, and by http from this machine itself alone. What a name leads to is not looked at: who has another's name has not
 * their certificate.
 */
export function isAllowed(address: string | URL, hosts: string[]): boolean {
  const url = typeof address === 'string' ? URL.parse(address) : address
  if (!url || `${url.username}${url.password}` !== '') return false
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
  return secure && hosts.some((host) => fits(url, host))
}

function fits({ hostname, port, protocol }: URL, allowed: string): boolean {
  const [, name = '', wanted = DEFAULT_PORTS[protocol]] =
    /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(allowed.toLowerCase()) ?? []
  if ((port || DEFAULT_PORTS[protocol]) !== wanted) return false
  if (name.startsWith('.')) return hostname.endsWith(name) && hostname.length > name.length
  return hostname === URL.parse(`https://${name}`)?.hostname
}
