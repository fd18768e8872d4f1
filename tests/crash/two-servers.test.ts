import { expect, test } from 'bun:test'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readServer } from '../../src/accounts/local.ts'
import { openClient } from '../support/client.ts'
import { hearth } from '../support/command.ts'
import { temporaryFolder } from '../support/database.ts'
import { dataDirectory, startServer } from '../support/server.ts'

const RACES = 10

test('a second server is refused by whatever name the directory has, and a restore too; a backup is made; the first works on', async () => {
  using directory = dataDirectory()
  using elsewhere = temporaryFolder()
  const data = directory.path
  const link = join(elsewhere.path, 'link')
  symlinkSync(data, link)
  await using first = await startServer({ data, env: { HEARTH_DEMO_BYTES_PER_SECOND: '100000' } })
  const { url, secret } = readServer(data)!
  const client = openClient(url, secret)
  const made = await client.post('/api/projects', { brief: 'a program that renames photos', tier: 'low' })
  const { project } = (await made.json()) as { project: { id: string } }
  using reading = await client.follow(`/api/projects/${project.id}/events`)
  const announced = readFileSync(join(data, 'server.json'), 'utf8')

  for (const name of [data, link, `${data}/../${data.split('/').at(-1)}`]) {
    const { code, out, errors } = await hearth(['serve'], name)
    expect([code, out]).toEqual([1, ''])
    expect(errors).toMatch(
      new RegExp(
        `^Another Hearth server \\(process ${first.pid}\\) owns .+\\. Stop it, or give this one another HEARTH_DATA\\.\n$`,
      ),
    )
  }
  const backup = join(elsewhere.path, 'saved.tar')
  expect(await hearth(['backup', backup], data)).toMatchObject({ code: 0, errors: '' })
  for (const force of [[], ['--force']]) {
    const restored = await hearth(['restore', backup, ...force], data)
    expect([restored.code, restored.errors]).toEqual([1, expect.stringMatching(/^Another Hearth server /)])
  }

  expect(readFileSync(join(data, 'server.json'), 'utf8')).toBe(announced)
  await reading.until(({ type }) => type === 'end', 'the end')
  expect((await client.json(`/api/projects/${project.id}`)).project.status).toBe('done')
  await first.kill()
  await using _next = await startServer({ data }) // the lock went with the process
}, 60_000)

test(`of two servers that start at the same moment one gets the directory and the other says why not, ${RACES} times`, async () => {
  using directory = dataDirectory()
  const data = directory.path
  for (let race = 1; race <= RACES; race++) {
    const starts = await Promise.allSettled([1, 2].map(() => startServer({ data })))
    const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const refused = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []))
    try {
      expect(refused).toEqual([expect.stringMatching(/Another Hearth server \(process \w+\) owns/)])
      expect(started).toHaveLength(1)
      const { url, secret, pid } = readServer(data)!
      expect(pid).toBe(started[0]!.pid)
      expect((await openClient(url, secret).request('/health/ready')).status).toBe(200)
    } finally {
      for (const server of started) await server.kill()
    }
  }
}, 60_000)
