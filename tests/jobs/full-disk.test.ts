import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { testEngine, until } from '../support/jobs.ts'
import { canMount, fillUp, smallDisk } from '../support/small-disk.ts'

// Needs the right to mount: where there is none, the test shows as skipped.
test.skipIf(!canMount())(
  'a job that finds the disk full is held once it can be said, and has kept nothing half',
  async () => {
    using disk = smallDisk(16)
    await using app = await testEngine({ folder: disk.path })
    const told: string[] = []
    app.deps.log = { ...app.deps.log, error: (message) => void told.push(message) }
    let filler = ''
    app.handle('write', async () => {
      filler = fillUp(disk.path)
      return {
        result: 'x'.repeat(200_000),
        effects: async (tx) =>
          void (await app.deps.events.append(tx, {
            type: 'file.written',
            scope: 'p',
            data: { text: 'y'.repeat(200_000) },
          })),
      }
    })
    const { id } = await app.enqueue('write', { scope: 'p' })
    await app.work()
    await until(() => told.includes('an attempt waits to be settled'), 'the worker has met the full disk')
    expect((await app.job(id)).state).toBe('running')

    rmSync(filler)
    const { body } = await app.heard(id, 'job.held')
    expect(body.error).toMatchObject({ code: 'disk_full' })
    expect(await app.job(id)).toMatchObject({ state: 'held', result: null })
    expect(await app.types(id)).toEqual(['job.queued', 'job.started', 'job.held'])
    expect(app.told.map(({ type }) => type)).not.toContain('file.written')
  },
  15_000,
)
