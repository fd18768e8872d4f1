import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ownFolder } from '../support/folders.ts'

/** The browser's tests run in Node, whose own removal gives up when a file comes in the meantime. */
test('a folder of a test goes while a process still writes into it', async () => {
  using place = ownFolder('hearth-busy')
  const busy = join(place.path, 'busy')
  const writes = `
    const { mkdirSync, writeFileSync } = require('node:fs')
    mkdirSync('${busy}')
    const until = Date.now() + 700
    for (let n = 0; Date.now() < until; n++) {
      try { mkdirSync('${busy}/' + n); writeFileSync('${busy}/' + n + '/file', 'x') } catch {}
    }`
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, '../support/folders.ts')],
    target: 'node',
  })
  await Bun.write(join(place.path, 'folders.mjs'), outputs[0]!)
  const removes = `import { removeFolder } from '${place.path}/folders.mjs'\nremoveFolder('${busy}')`
  await Bun.write(join(place.path, 'remove.mjs'), removes)

  await using writer = Bun.spawn([process.execPath, '-e', writes])
  while (!existsSync(join(busy, '9'))) await Bun.sleep(5)
  await using remover = Bun.spawn([Bun.which('node') ?? process.execPath, join(place.path, 'remove.mjs')])
  expect(await remover.exited).toBe(0)
  await writer.exited
  expect(existsSync(busy)).toBe(false)
})
