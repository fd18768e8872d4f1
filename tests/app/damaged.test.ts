import { expect, test } from 'bun:test'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { lookAt } from '../../src/db/look.ts'
import { openLog } from '../../src/log.ts'
import { testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'

/** Puts a database with one project into a folder, and overwrites a table's pages, as a failing disk may. */
async function damaged(data: string, table: string): Promise<string> {
  await using app = await testApp({ work: false })
  const { project } = await app.make()
  const path = join(data, 'hearth.db')
  await app.app.db.copyTo(path)
  using look = await lookAt(path)
  const names = sql`SELECT rootpage FROM sqlite_master WHERE tbl_name = ${table} AND rootpage > 0`
  const roots = await look.read.all<{ rootpage: number }>(names)
  const [{ page_size: size }] = (await look.read.all(sql`PRAGMA page_size`)) as [{ page_size: number }]
  const file = openSync(path, 'r+')
  for (const { rootpage } of roots) writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (rootpage - 1) * size)
  closeSync(file)
  return project.id
}

test('what the database can’t read is told in words, with what to do, and the rest still works', async () => {
  using folder = temporaryFolder()
  const project = await damaged(folder.path, 'files')
  const lines: string[] = []
  await using app = await testApp({
    data: folder.path,
    work: false,
    log: openLog('error', (line) => void lines.push(line)),
  })
  const response = await app.request(`/api/projects/${project}`)
  expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json'])
  expect(await response.json()).toMatchObject({
    code: 'database_damaged',
    detail: 'The database file is damaged. Stop Hearth and restore the last backup.',
    retryable: false,
  })
  const [entry, ...more] = lines.map((line) => JSON.parse(line))
  expect(entry).toMatchObject({ level: 'error', path: `/api/projects/${project}` })
  expect(JSON.stringify(entry)).toContain('SQLITE_CORRUPT')
  expect(more).toEqual([])
  const page = await app.request(`/projects/${project}`, { headers: { accept: 'text/html' } })
  expect([page.status, await page.text()]).toEqual([500, expect.stringContaining('restore the last backup')])
  expect((await app.request('/api/projects')).status).toBe(200)
})

test('a stream that can’t be read is cut, and said in the log once', async () => {
  using folder = temporaryFolder()
  const project = await damaged(folder.path, 'events')
  const lines: string[] = []
  await using app = await testApp({
    data: folder.path,
    work: false,
    log: openLog('error', (line) => void lines.push(line)),
  })
  using reading = await app.follow(`/api/projects/${project}/events`)
  await reading.over
  expect(reading.types()).not.toContain('end')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'error', message: expect.stringMatching(/stream/) },
  ])
})
