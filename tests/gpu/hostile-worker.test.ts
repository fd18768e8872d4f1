import { expect, test } from 'bun:test'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { endOf } from '../../src/gpu/begin.ts'
import { tail } from '../../src/gpu/connection.ts'
import { sha256, writeDurably } from '../../src/gpu/durable.ts'
import { digestOfFile, openInAttempt, readResult, writeInAttempt, writeSpec } from '../../src/gpu/folder.ts'
import { placeInputs } from '../../src/gpu/inputs.ts'
import { execLauncher } from '../../src/gpu/launchers/exec.ts'
import { appendPlainly, readFrom } from '../../src/gpu/launchers/local.ts'
import { type Rendered, renderedIn } from '../../src/gpu/outcome.ts'
import { sweepOrphans } from '../../src/gpu/processes.ts'
import type { WorkerResult } from '../../src/gpu/protocol.ts'
import { render } from '../../src/gpu/render.ts'
import { PROTOCOL } from '../../src/gpu/wire.ts'
import { keepOutputs } from '../../src/studio/outputs.ts'
import type { Recipe } from '../../src/studio/recipe.ts'
import { testBlobs } from '../support/blobs.ts'
import { temporaryFolder } from '../support/database.ts'
import { writtenSpec } from '../support/gpu-attempts.ts'
import { faultyAttempts, faultySpec } from '../support/gpu-faulty.ts'

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
  return JSON.stringify({ v: PROTOCOL, job: 'job', attempt: 1, engine: 'e', engineVersion: '1', outputs, params: {} })
}

test('a file of an attempt is a plain one in its folder: no link, no pipe, and no way through a folder that is a link', () => {
  using place = attempt()
  const { folder, secret, pipe } = place
  writeFileSync(join(folder, 'previews/1.png'), 'picture')
  symlinkSync(secret, join(folder, 'previews/2.png'))
  pipe('previews/3.png')
  symlinkSync(join(folder, '..'), join(folder, 'ckpt'))
  using held = openInAttempt(folder, 'previews/1.png')
  expect(held?.bytes).toBe('picture'.length)
  for (const file of ['previews/2.png', 'previews/3.png', 'previews/4.png', 'ckpt/secret.key'])
    expect(openInAttempt(folder, file)).toBeNull()
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
  expect(readFrom(other.folder, 'events.ndjson', 0)).toHaveLength(0)
  expect(() => appendPlainly(other.folder, 'control.ndjson', '{}\n')).toThrow()
})

test('what the server writes into an attempt goes through no link', async () => {
  using place = attempt()
  const { folder, secret } = place
  const from = join(folder, '../given.png')
  writeFileSync(from, 'given')
  for (const name of ['ended.json', 'ended.json.part', 'control.ndjson', 'in/init.png'])
    symlinkSync(secret, join(folder, name))
  writeDurably(join(folder, 'ended.json'), '{}')
  expect(() => appendPlainly(folder, 'control.ndjson', '{}\n')).toThrow()
  await placeInputs(folder, { init: { from, sha256: sha256(Buffer.from('given')), mediaType: 'image/png' } })
  expect(readFileSync(secret, 'utf8')).toBe('secret')
  expect(readFileSync(join(folder, 'ended.json'), 'utf8')).toBe('{}')
  expect(readFileSync(join(folder, 'in/init.png'), 'utf8')).toBe('given')
})

test('what was opened is what is read, whatever its name leads to by then', async () => {
  using place = attempt()
  const { folder, secret } = place
  writeFileSync(join(folder, 'out/a.png'), 'picture')
  using held = openInAttempt(folder, 'out/a.png')
  rmSync(join(folder, 'out/a.png'))
  symlinkSync(secret, join(folder, 'out/a.png'))
  expect(await digestOfFile(held!.path)).toBe(sha256(Buffer.from('picture')))
  expect(await Bun.file(held!.path).text()).toBe('picture')
})

test('lines are read from the file that there was first, also when a link takes its name', async () => {
  using place = attempt()
  const { folder, secret } = place
  const [path, gone] = [join(folder, 'events.ndjson'), new AbortController()]
  writeFileSync(path, 'first\n')
  const lines = tail(folder, 'events.ndjson', gone.signal, systemClock)
  const said = [Buffer.from((await lines.next()).value!).toString()]
  renameSync(path, join(folder, 'moved'))
  symlinkSync(secret, path)
  appendFileSync(join(folder, 'moved'), 'second\n')
  said.push(Buffer.from((await lines.next()).value!).toString())
  gone.abort()
  expect([...said, (await lines.next()).done]).toEqual(['first\n', 'second\n', true])
})

test('a folder of a job, or of an attempt, that was swapped for a link is no way to anything, and no way out', async () => {
  using root = temporaryFolder()
  const [attempts, ours] = [join(root.path, 'attempts'), join(root.path, 'ours')]
  for (const name of ['in', 'previews', 'out']) mkdirSync(join(ours, '1', name), { recursive: true })
  mkdirSync(attempts)
  writeFileSync(join(ours, '1/result.json'), resultOf('out/a.png', 'secret'))
  writeFileSync(join(ours, '1/out/a.png'), 'secret')
  symlinkSync(ours, join(attempts, 'job'))
  mkdirSync(join(attempts, 'other'))
  symlinkSync(join(ours, '1'), join(attempts, 'other/1'))
  for (const folder of [join(attempts, 'job/1'), join(attempts, 'other/1')]) {
    expect(await readResult(folder)).toEqual({ missing: 'result.json' })
    expect(openInAttempt(folder, 'out/a.png')).toBeNull()
    expect(endOf(folder)).toBeNull()
    expect(readFrom(folder, 'result.json', 0)).toHaveLength(0)
    for (const write of [
      () => writeInAttempt(folder, 'ended.json', '{}'),
      () => appendPlainly(folder, 'control.ndjson', '{}'),
      () => writeSpec(folder, writtenSpec({})),
    ])
      expect(write).toThrow('is not the folder that it was')
    const given = { from: join(ours, '1/result.json'), sha256: '0'.repeat(64), mediaType: 'image/png' }
    await expect(placeInputs(folder, { init: given })).rejects.toThrow('is not the folder that it was')
  }
  expect(readdirSync(join(ours, '1')).sort()).toEqual(['in', 'out', 'previews', 'result.json'])
  expect(readdirSync(join(ours, '1/in'))).toEqual([])
})

test('the folder of an attempt that another user has laid there as a link is not opened to them', async () => {
  using deps = faultyAttempts({ launcher: execLauncher({ prefix: ['env'] }) })
  using ours = temporaryFolder()
  chmodSync(ours.path, 0o700)
  chmodSync(deps.attempts, 0o777)
  mkdirSync(join(deps.attempts, 'job-1'))
  symlinkSync(ours.path, join(deps.attempts, 'job-1/1'))
  const rendering = render(deps, faultySpec(null), {}, new AbortController().signal)
  await expect(rendering).rejects.toMatchObject({ code: 'disk_unwritable' })
  expect(statSync(ours.path).mode & 0o777).toBe(0o700)
  expect(readdirSync(ours.path)).toEqual([])
})

test('a result that is another job’s is none, and one that lists a file a thousand times is read once', async () => {
  using place = attempt()
  const { folder } = place
  writeFileSync(join(folder, 'out/a.png'), 'picture')
  const result = JSON.parse(resultOf('out/a.png', 'picture'))
  for (const foreign of [{ job: 'other' }, { attempt: 2 }]) {
    writeFileSync(join(folder, 'result.json'), JSON.stringify({ ...result, ...foreign }))
    expect(await readResult(folder)).toEqual({ missing: 'result.json' })
  }
  truncateSync(join(folder, 'out/a.png'), 9 * 1024 ** 3) // of holes
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result))
  expect(await readResult(folder)).toEqual({ missing: 'out/a.png of less than 8 GB' })
  writeFileSync(
    join(folder, 'result.json'),
    JSON.stringify({ ...result, outputs: Array(50_000).fill(result.outputs[0]) }),
  )
  expect(await readResult(folder)).toEqual({ missing: 'result.json' })
})

test('what is kept of a render is what its result has said, also when the file is swapped after the last look', async () => {
  using place = attempt()
  await using store = await testBlobs()
  const { folder, secret } = place
  const attempts = join(folder, '../..')
  const result = async (): Promise<Rendered> => {
    rmSync(join(folder, 'out/a.png'), { force: true })
    writeFileSync(join(folder, 'out/a.png'), 'picture')
    writeFileSync(join(folder, 'result.json'), resultOf('out/a.png', 'picture'))
    return renderedIn(folder, (await readResult(folder)) as WorkerResult, null)
  }
  for (const swap of [
    () => symlinkSync(secret, join(folder, 'out/a.png')),
    () => writeFileSync(join(folder, 'out/a.png'), 'another'),
    () => place.pipe('out/a.png'),
    () => {},
  ])
    for (const engine of ['sketch', 'mine']) {
      const rendered = await result()
      rmSync(join(folder, 'out/a.png'))
      swap()
      const keeping = keepOutputs({ blobs: store.blobs, attempts }, rendered, { engine } as Recipe)
      await expect(keeping).rejects.toMatchObject({ code: 'gpu_worker_died', retryable: true })
    }
  const kept = await keepOutputs({ blobs: store.blobs, attempts }, await result(), { engine: 'sketch' } as Recipe)
  expect(kept.map(({ hash }) => hash)).toEqual([sha256(Buffer.from('picture'))])
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
