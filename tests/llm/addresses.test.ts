import { expect, test } from 'bun:test'
import { isLocal, serverAddress } from '../../src/llm/setup/addresses.ts'

test.each([
  'http://127.0.0.1:11434',
  'http://localhost:8080/v1',
  'http://[::1]:1234',
  'http://10.1.2.3',
  'http://172.16.0.1',
  'http://192.168.178.20:8000',
  'http://100.64.0.7',
  'http://[fd12:3456::1]',
  'http://box:11434',
  'http://gpu.local',
  'http://host.docker.internal:11434',
])('%s is in the own network', (address) => {
  expect(isLocal(address)).toBe(true)
})

test.each([
  'https://api.openai.com/v1',
  'http://8.8.8.8',
  'http://172.32.0.1',
  'http://100.128.0.1',
  'http://192.169.0.1',
  'http://[2001:db8::1]',
  'http://10.example.org',
  'http://127.example.org',
  'http://local.example.org',
  'http://localhost.example.org',
])('%s is not', (address) => {
  expect(isLocal(address)).toBe(false)
})

test('an address is kept without a slash at its end, and a host as the browser would write it', () => {
  expect(serverAddress(' HTTP://Box:8080/v1// ')).toBe('http://box:8080/v1')
  expect(serverAddress('http://0x7f000001/')).toBe('http://127.0.0.1')
})
