import { expect, test } from 'bun:test'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sseMessage } from '../../src/events/encode.ts'
import { vendorError } from '../../src/llm/failures.ts'
import { testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'

test('a vendor that sends the key back finds it in no part of the error', () => {
  const secret = 'very-private-0123456789'
  const failure = { status: 400, type: `x ${secret}`, said: `x ${secret}`, requestId: `x ${secret}` }
  const error = vendorError({ vendor: 'Echo', model: 'm', secret }, failure)
  expect(JSON.stringify([error.message, error.context, error.cause])).not.toContain('private')
})

test('text brings no field of its own into an event stream', () => {
  const message = sseMessage({ id: 1, data: 'a\revent: ended\r\rretry: 99999999\r\nid: 7' })
  expect(message).toBe('id: 1\ndata: a\ndata: event: ended\ndata: \ndata: retry: 99999999\ndata: id: 7\n\n')
})

test('in a data directory that others may enter, every file of ours is for its owner alone', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  await using app = await testApp({ data: folder.path })
  await app.settled((await app.make()).project.id)
  for (const name of readdirSync(folder.path))
    expect(`${name} ${(statSync(join(folder.path, name)).mode & 0o077).toString(8)}`).toBe(`${name} 0`)
})
