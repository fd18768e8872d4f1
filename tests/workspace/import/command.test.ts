import { expect, setDefaultTimeout, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { testApp } from '../../support/app.ts'
import { hearth } from '../../support/command.ts'
import { temporaryFolder } from '../../support/database.ts'
import { zipOf } from './zips.ts'

setDefaultTimeout(60_000)

test('hearth import starts a project from a folder, and brings a zip into it', async () => {
  await using app = await testApp({ work: false })
  using folder = temporaryFolder()
  const place = join(folder.path, 'Crumb')
  for (const [path, text] of Object.entries({ 'index.html': '<h1>', 'ü/empty.txt': '', '.git/HEAD': 'x' }))
    await Bun.write(join(place, path), text)
  const made = await hearth(['import', place, '--json'], app.data)
  expect([made.code, made.errors]).toEqual([0, ''])
  const { project, written } = JSON.parse(made.out)
  expect(written).toBe(2)
  const held = await app.json(`/api/projects/${project}`)
  expect([held.project.title, held.project.status]).toEqual(['Crumb', 'done'])
  expect(held.files.map(({ path }: { path: string }) => path)).toEqual(['index.html', 'ü/empty.txt'])

  const zip = join(folder.path, 'more.zip')
  await Bun.write(zip, zipOf([{ name: 'index.html', data: 'new' }]))
  const refused = await hearth(['import', zip, '--project', project], app.data)
  expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('already with other content')])
  const replaced = await hearth(['import', zip, '--project', project, '--mode', 'replace'], app.data)
  expect([replaced.code, replaced.out]).toEqual([0, expect.stringContaining('1 file imported')])

  symlinkSync('/etc/passwd', join(place, 'link'))
  const link = await hearth(['import', place], app.data)
  expect([link.code, link.errors]).toEqual([1, expect.stringContaining('only plain files')])
})
