import { expect, test } from 'bun:test'
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { readServer } from '../../src/accounts/local.ts'
import { openClient } from '../support/client.ts'
import { hearth } from '../support/command.ts'
import { secondProcess } from '../support/second-process.ts'
import { dataDirectory, startServer } from '../support/server.ts'

const PAGE_BYTES = 4_096

test('a damaged database file is refused in words, found by the doctor, and made good by the last backup', async () => {
  using directory = dataDirectory()
  const data = directory.path
  const database = join(data, 'hearth.db')
  const backup = join(data, 'saved.tar')
  let project: string
  {
    await using server = await startServer({ data })
    const { client } = clientOf(data)
    const made = await client.post('/api/projects', { brief: 'a note', tier: 'low', autorun: false })
    project = ((await made.json()) as { project: { id: string } }).project.id
    expect((await hearth(['backup', backup], data)).code).toBe(0)
    expect(await server.stop()).toBe(0)
  }
  {
    await using sqlite = secondProcess(database)
    await sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)') // so that what is spoilt is not there a second time
  }

  spoil(database, Math.floor(statSync(database).size / PAGE_BYTES / 2)) // deep in it: nothing at the start meets it
  const found = await hearth(['doctor'], data)
  expect(found.code).toBe(1)
  expect(found.out).toMatch(/database.+is damaged: .+Stop Hearth and restore the last backup\./)

  spoil(database, 0)
  const damaged = readFileSync(database)
  const refused = await hearth(['serve'], data)
  expect([refused.code, refused.errors]).toEqual([
    1,
    'The database file is damaged. Stop Hearth and restore the last backup.\n',
  ])
  expect(readFileSync(database).equals(damaged)).toBe(true) // somebody may still save something from it

  expect((await hearth(['restore', backup], data)).code).toBe(1)
  expect((await hearth(['restore', backup, '--force'], data)).code).toBe(0)
  expect(readdirSync(data).some((name) => /^hearth\.db\.|before|aside/.test(name))).toBe(true)
  await using _server = await startServer({ data })
  expect((await clientOf(data).client.json(`/api/projects/${project}`)).project.id).toBe(project)
}, 60_000)

function clientOf(data: string) {
  const { url, secret } = readServer(data)!
  return { client: openClient(url, secret) }
}

/** Overwrites most of a page, as a disk does that lies. */
function spoil(path: string, page: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(2_000, 0xa5), 0, 2_000, page * PAGE_BYTES)
  closeSync(file)
}
