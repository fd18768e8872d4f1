/** This machine itself, by its addresses. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/

/**
 * Whether a model may be downloaded from there: from a host that the settings name (`.example.org`: all below it; `host:8080`: that port), by https,
 * and by http from this machine itself alone.
 */
export function isAllowed(address: string | URL, hosts: string[]): boolean {
  const url = typeof address === 'string' ? URL.parse(address) : address
  if (!url || `${url.username}${url.password}` !== '') return false
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
  return secure && hosts.some((host) => fits(url, host))
}

function fits({ hostname, host }: URL, allowed: string): boolean {
  if (allowed.startsWith('.')) return hostname.endsWith(allowed)
  return allowed.includes(':') ? host === allowed : hostname === allowed
}
