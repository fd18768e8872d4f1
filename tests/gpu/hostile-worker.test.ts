import { expect, test } from 'bun:test'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endOf } from '../../src/gpu/begin.ts'
import { plainFile, readResult, sha256, writeDurably } from '../../src/gpu/folder.ts'
import { placeInputs } from '../../src/gpu/inputs.ts'
import { execLauncher } from '../../src/gpu/launchers/exec.ts'
import { appendPlainly, readFrom } from '../../src/gpu/launchers/local.ts'
import { sweepOrphans } from '../../src/gpu/processes.ts'
import { PROTOCOL } from '../../src/gpu/protocol.ts'
import { temporaryFolder } from '../support/database.ts'

/** The folder of an attempt, and beside it what only the server may read and write. */
function attempt() {
  const root = temporaryFolder()
  const folder = join(root.path, 'job/1')
  for (const name of ['in', 'out', 'previews']) mkdirSync(join(folder, name), { recursive: true })
  const secret = join(root.path, 'job/secret.key')
  writeFileSync(secret, 'secret')
  const pipe = (name: string) => Bun.spawnSync(['mkfifo', join(folder, name)])
  return { folder, secret, pipe, [Symbol.dispose]: () => root[Symbol.dispose]() }
}

function resultOf(file: string, bytes: string) {
  const size = { bytes: bytes.length, width: 1, height: 1, seed: 1 }
  const outputs = [{ file, sha256: sha256(Buffer.from(bytes)), mediaType: 'image/png', ...size }]
  return JSON.stringify({ v: PROTOCOL, job: 'a', attempt: 1, engine: 'e', engineVersion: '1', outputs, params: {} })
}

test('a file of an attempt is a plain one in its folder: no link, no pipe, and no way through a folder that is a link', () => {
  using place = attempt()
  const { folder, secret, pipe } = place
  writeFileSync(join(folder, 'previews/1.png'), 'picture')
  symlinkSync(secret, join(folder, 'previews/2.png'))
  pipe('previews/3.png')
  symlinkSync(join(folder, '..'), join(folder, 'ckpt'))
  expect(plainFile(folder, 'previews/1.png')).toBe(join(folder, 'previews/1.png'))
  for (const file of ['previews/2.png', 'previews/3.png', 'previews/4.png', 'ckpt/secret.key'])
    expect(plainFile(folder, file)).toBeNull()
})

test('a result is not read through links, and a pipe in its place keeps nobody waiting', async () => {
  using place = attempt()
  const { folder, secret } = place
  writeFileSync(join(folder, 'result.json'), resultOf('out/a.png', 'secret'))
  symlinkSync(secret, join(folder, 'out/a.png'))
  expect(await readResult(folder)).toEqual({ missing: 'out/a.png' })
  writeFileSync(join(folder, 'out/b.png'), 'picture')
  writeFileSync(join(folder, 'result.json'), resultOf('out/b.png', 'picture'))
  expect(await readResult(folder)).toMatchObject({ outputs: [{ file: 'out/b.png' }] })
  writeFileSync(join(folder, 'result.json'), resultOf('out/b.png', 'another'))
  expect(await readResult(folder)).toEqual({ missing: 'out/b.png as it was written' })

  using other = attempt()
  other.pipe('result.json')
  other.pipe('events.ndjson')
  other.pipe('control.ndjson')
  other.pipe('ended.json')
  other.pipe('process.json')
  expect(await readResult(other.folder)).toEqual({ missing: 'result.json' })
  expect(endOf(other.folder)).toBeNull()
  expect(sweepOrphans(join(other.folder, '../..'))).toEqual([])
  expect(readFrom(join(other.folder, 'events.ndjson'), 0)).toHaveLength(0)
  expect(() => appendPlainly(join(other.folder, 'control.ndjson'), '{}\n')).toThrow()
})

test('what the server writes into an attempt goes through no link', async () => {
  using place = attempt()
  const { folder, secret } = place
  const from = join(folder, '../given.png')
  writeFileSync(from, 'given')
  for (const name of ['ended.json', 'ended.json.part', 'control.ndjson', 'in/init.png'])
    symlinkSync(secret, join(folder, name))
  writeDurably(join(folder, 'ended.json'), '{}')
  expect(() => appendPlainly(join(folder, 'control.ndjson'), '{}\n')).toThrow()
  await placeInputs(folder, { init: { from, sha256: sha256(Buffer.from('given')), mediaType: 'image/png' } })
  expect(readFileSync(secret, 'utf8')).toBe('secret')
  expect(readFileSync(join(folder, 'ended.json'), 'utf8')).toBe('{}')
  expect(readFileSync(join(folder, 'in/init.png'), 'utf8')).toBe('given')
})

test('what a launch by a prefix leaves running knows nothing of the server’s environment', async () => {
  using place = attempt()
  const launcher = execLauncher({ prefix: ['env', 'OPENAI_API_KEY=sk-only-ours'] })
  const command = ['sh', '-c', 'sleep 30']
  const handle = await launcher.submit({ name: 'hearth-job-1-1', folder: place.folder, command, env: {} })
  const leader = readFileSync(`/proc/${handle.pid}/environ`, 'utf8')
  await launcher.cancel(handle)
  expect(leader).toContain('PATH=')
  expect(leader).not.toContain('sk-only-ours')
})
