import { isIPv6 } from 'node:net'

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/
const V6_NETWORK_GROUPS = 4

/**
 * The address that sign-in tries are counted for. Behind a proxy on this machine it is the last one that the proxy
 * noted; what a stranger writes into the header himself is never the last. An IPv6 address stands for its /64: one
 * household has more addresses than there are tries.
 */
export function addressOf(request: Request, peer: string | undefined, { proxied }: { proxied: boolean }): string {
  if (!peer) return 'unknown'
  const noted = proxied && LOOPBACK.test(peer) ? request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() : ''
  return bucket(noted || peer)
}

function bucket(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain.slice(0, 45)
  return `${expanded(plain).slice(0, V6_NETWORK_GROUPS).join(':')}::/64`
}

function expanded(address: string): string[] {
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16).toString(16))
}
