import { expect, test } from 'bun:test'
import type { NetworkInterfaceInfo } from 'node:os'
import { urlsElsewhere } from '../../src/web/listen.ts'

const PORT = 4321

function address(address: string, family: 'IPv4' | 'IPv6' = 'IPv4', internal = false): NetworkInterfaceInfo {
  const rest = { address, netmask: '', mac: '', internal, cidr: null }
  return family === 'IPv4' ? { family, ...rest } : { family, scopeid: 0, ...rest }
}

const INTERFACES = {
  lo: [address('127.0.0.1', 'IPv4', true)],
  eth0: [address('192.168.1.7'), address('fe80::1', 'IPv6')],
  docker0: [address('172.17.0.1')],
}

test('a server on all addresses says how the other machines of the network reach it', () => {
  for (const host of ['0.0.0.0', '::'])
    expect(urlsElsewhere(host, PORT, { container: false, interfaces: INTERFACES })).toEqual(['http://192.168.1.7:4321'])
})

test('a server on one address is reached there only', () => {
  for (const host of ['127.0.0.1', '192.168.1.7', 'localhost'])
    expect(urlsElsewhere(host, PORT, { container: false, interfaces: INTERFACES })).toEqual([])
})

test('a container does not know how it is reached', () => {
  expect(urlsElsewhere('0.0.0.0', PORT, { container: true, interfaces: INTERFACES })).toEqual([])
})
