import { Invalid } from '../../errors.ts'

const LONGEST = 500 // characters of an address
/** Where clouds tell a machine its own secrets: no server of models. IPv4 in IPv6 is written as `new URL` writes it. */
const LINK_LOCAL =
  /^(169\.254\.|\[fe[89ab][\da-f]:|\[(::|::ffff:|64:ff9b::)a9fe:|\[fd00:ec2::254\]|100\.100\.100\.200$|metadata(\.google\.internal|\.goog)?\.?$)/
const LOOPBACK = /^(localhost|\[::1\])$/
const PRIVATE_IPV4 = /^(0|127|10|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./
const PRIVATE_IPV6 = /^\[f[cd][\da-f]{2}:/
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/
const HOME_NAME = /^[^.[\]]+$|\.(local|lan|home|internal|home\.arpa)\.?$/

/**
 * The address of a server as somebody typed it, without a slash at its end. @throws Invalid `bad_address` for what is none,
 * is neither http nor https, holds a name, password, query or fragment, or is where clouds keep secrets of the machine
 */
export function serverAddress(typed: string): string {
  const text = typed.trim()
  const url = text.length <= LONGEST && /^https?:\/\//i.test(text) ? URL.parse(text) : null
  if (!url) throw bad('takes a whole address, such as http://192.168.1.20:8080/v1')
  if (url.username || url.password) throw bad('takes no name or password. Type the key into the field of the key')
  if (url.search || url.hash || /[?#]/.test(text)) throw bad('takes an address without ? and #')
  if (LINK_LOCAL.test(url.hostname)) throw bad('can’t be a link-local address')
  return url.href.replace(/\/+$/, '')
}

/** Whether what is asked there stays on this machine or in its own network. */
export function isLocal(address: string): boolean {
  const { hostname } = new URL(address)
  if (IPV4.test(hostname)) return PRIVATE_IPV4.test(hostname)
  return LOOPBACK.test(hostname) || PRIVATE_IPV6.test(hostname) || HOME_NAME.test(hostname)
}

function bad(takes: string): Invalid {
  return new Invalid('bad_address', `The address ${takes}.`, { context: { field: 'baseUrl' } })
}
