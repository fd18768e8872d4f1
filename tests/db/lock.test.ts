import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lockDataDirectory } from '../../src/db/lock.ts'
import { temporaryFolder } from '../support/database.ts'
import { lines } from '../support/second-process.ts'

const OWNER = join(import.meta.dir, '../support/lock-owner.ts')

test('a second server is refused in words that name the first, and let in after it was killed', async () => {
  using folder = temporaryFolder()
  const owner = Bun.spawn([process.execPath, OWNER, folder.path], { stdout: 'pipe' })
  const grandchild = Number((await lines(owner.stdout).next()).value)
  try {
    expect(() => lockDataDirectory(folder.path)).toThrow(
      expect.objectContaining({
        code: 'data_directory_in_use',
        message: expect.stringContaining(`process ${owner.pid}`),
      }),
    )
    owner.kill('SIGKILL')
    await owner.exited
    process.kill(grandchild, 0) // it lives on, and holds nothing
    lockDataDirectory(folder.path)[Symbol.dispose]()
  } finally {
    process.kill(grandchild, 'SIGKILL')
  }
})

test('a lock that was given back can be taken again', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'made/on/the/way')
  lockDataDirectory(path)[Symbol.dispose]()
  using _lock = lockDataDirectory(path)
  expect(() => lockDataDirectory(path)).toThrow(expect.objectContaining({ code: 'data_directory_in_use' }))
})

test('a data directory that can’t be one is refused in words', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  expect(() => lockDataDirectory(file)).toThrow(expect.objectContaining({ code: 'data_directory_unusable' }))
})
