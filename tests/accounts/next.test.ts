import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { addressOf } from '../../src/accounts/address.ts'
import { localPath } from '../../src/accounts/next.ts'

const US = 'http://hearth.example.com'

describe('a sign-in goes on to', () => {
  test.each(['/', '/projects/p1', '/projects/p1?tab=files#top', '/a//b', '/%2Fevil', '/projects/p1/files/%C3%BC.txt'])(
    '%s as asked',
    (next) => expect(localPath(next)).toBe(next),
  )

  test.each([
    '',
    'projects',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/./\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/sign-in?next=/',
    '/sign-out',
    '/setup?token=x',
  ])('the start page instead of %j', (next) => expect(localPath(next)).toBe('/'))

  test('nowhere but this server, whatever is asked', () => {
    const bits = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2f',
      '\t',
      '\n',
      ' ',
      ':',
      '@',
      'evil.example',
      'http:',
      '?',
      '#',
      'a',
    )
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 8 }), (parts) => {
        const path = localPath(parts.join(''))
        expect(new URL(path, US).origin).toBe(US)
        expect(path).toMatch(/^\/(?![/\\])/)
        expect(path).not.toMatch(/[\r\n]/)
      }),
    )
  })
})

describe('tries are counted for', () => {
  const from = (peer: string | undefined, forwarded?: string, proxied = true) =>
    addressOf(new Request(US, { headers: forwarded ? { 'x-forwarded-for': forwarded } : {} }), peer, { proxied })

  test('the peer itself, whatever it claims to forward', () => {
    expect(from('192.168.1.9', '1.2.3.4')).toBe('192.168.1.9')
    expect(from('127.0.0.1', '1.2.3.4', false)).toBe('127.0.0.1')
  })

  test('the last address that a proxy on this machine noted', () => {
    expect(from('127.0.0.1', '6.6.6.6, 1.2.3.4')).toBe('1.2.3.4')
    expect(from('::1', '1.2.3.4')).toBe('1.2.3.4')
    expect(from('127.0.0.1')).toBe('127.0.0.1')
  })

  test('the whole /64 of an IPv6 address, and the IPv4 address inside a mapped one', () => {
    expect(from('2001:db8:1:2:aaaa::1')).toBe('2001:db8:1:2::/64')
    expect(from('2001:0db8:0001:0002::ffff')).toBe('2001:db8:1:2::/64')
    expect(from('::1')).toBe('0:0:0:0::/64')
    expect(from('::ffff:10.0.0.7')).toBe('10.0.0.7')
    expect(from('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
  })

  test('“unknown” where the peer is not known', () => expect(from(undefined, '1.2.3.4')).toBe('unknown'))
})
