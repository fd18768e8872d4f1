import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pythonEngines } from '../../../src/gpu/setup/python-engines.ts'
import { dropHalfInstalled, venvState } from '../../../src/gpu/setup/venv-state.ts'
import { venvPython } from '../../../src/gpu/venv.ts'
import { hearth } from '../../support/command.ts'
import { temporaryFolder } from '../../support/database.ts'
import { lines } from '../../support/second-process.ts'
import { tinyEngine, tinyWheel } from './tiny-wheels.ts'

const MAIN = join(import.meta.dir, '../../../src/main.ts')

setDefaultTimeout(60_000) // pip takes seconds to come to itself on a busy machine

describe('by venv and pip', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  const data = join(folder.path, 'data')
  const wheels = join(folder.path, 'wheels')
  const lock = tinyWheel(wheels, 'first') + tinyWheel(wheels, 'second')
  const env = { PATH: withoutUv(folder.path), HOME: folder.path, PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels }
  const setup = (...args: string[]) => hearth(['gpu', 'setup', 'tiny', ...args], data, env)
  const imported = (name: string) => {
    const { stdout } = Bun.spawnSync([venvPython(data, 'tiny')!, '-c', `import ${name}; print(${name}.VERSION)`])
    return stdout.toString().trim()
  }

  test('killed in the middle, it leaves nothing that counts, and the same command completes it', async () => {
    tinyEngine(data, lock)
    const child = Bun.spawn([process.execPath, MAIN, 'gpu', 'setup', 'tiny', '--json'], {
      env: { ...env, HEARTH_DATA: data },
      stdout: 'pipe',
    })
    for await (const line of lines(child.stdout)) if (JSON.parse(line).phase === 'packages') break
    child.kill('SIGKILL')
    await child.exited
    expect([venvPython(data, 'tiny'), (await setup('--check')).code]).toEqual([null, 1])
    const again = await setup()
    expect(again).toMatchObject({ code: 0, errors: '' })
    expect(again.out).toMatch(/first\n.*second\n/s)
    expect(again.out).toMatch(/Tiny is ready \(Python 3\.\d+\.\d+, by pip\)\.$/m)
    expect([imported('first'), imported('second')]).toEqual(['1.0', '1.0'])
  })

  test('what is ready is left as it is, and says so', async () => {
    const before = readFileSync(join(data, 'engines/tiny/venv/hearth.json'), 'utf8')
    const { code, out } = await setup()
    expect([code, out.split('\n').length]).toEqual([0, 2])
    expect((await setup('--check')).out).toBe('Tiny: is ready.\n')
    expect(readFileSync(join(data, 'engines/tiny/venv/hearth.json'), 'utf8')).toBe(before)
  })

  test('a package with another hash is refused, and nothing is ready until the lock is right', async () => {
    tinyEngine(data, `${lock}third==1.0 --hash=sha256:${'0'.repeat(64)}\n`)
    tinyWheel(wheels, 'third')
    expect((await setup('--check')).out).toContain('another version of Hearth')
    const refused = await setup()
    expect(refused.code).toBe(1)
    expect(refused.errors).toContain('not the one that the lock names')
    expect(venvState(data, pythonEngines(data).find(({ name }) => name === 'tiny')!)).toBe('unfinished')
    tinyEngine(data, lock + tinyWheel(wheels, 'third'))
    expect((await setup()).code).toBe(0)
    expect(imported('third')).toBe('1.0')
  })

  test('an index that can’t be reached is told in a sentence, as are facts for programs', async () => {
    tinyEngine(data, `${lock}fourth==1.0 --hash=sha256:${'0'.repeat(64)}\n`)
    const away = { ...env, PIP_NO_INDEX: '0', PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '0' }
    const { code, out } = await hearth(['gpu', 'setup', 'tiny', '--json'], data, away)
    const last = JSON.parse(out.trim().split('\n').at(-1)!)
    expect([code, last.type, last.error.code, last.error.retryable]).toEqual([1, 'failed', 'setup_offline', true])
  })
})

test('uv is used where it is installed: the same lock, hashes required, nothing built', async () => {
  using folder = temporaryFolder()
  const [data, bin] = [join(folder.path, 'data'), join(folder.path, 'bin')]
  tinyEngine(data, 'x==1.0 --hash=sha256:00\n')
  mkdirSync(bin)
  const heard = join(folder.path, 'heard')
  program(
    join(bin, 'uv'),
    `echo "$@" >> ${heard}\nif [ "$1" = venv ]; then mkdir -p "$4/bin"; ln -s "$3" "$4/bin/python"; else echo ' + x==1.0' >&2; fi`,
  )
  const { code, out } = await hearth(['gpu', 'setup', 'tiny'], data, { PATH: `${bin}:${process.env.PATH}` })
  expect([code, out.includes('1 of at most 1: x'), out.includes('by uv')]).toEqual([0, true, true])
  const [first, second] = readFileSync(heard, 'utf8').trim().split('\n')
  expect(first).toMatch(/^venv --python \S+ \S+\/engines\/tiny\/venv$/)
  expect(second).toMatch(
    /^pip sync --python \S+\/bin\/python --require-hashes --only-binary :all: \S+requirements\.lock\.txt$/,
  )
  expect(readFileSync(second!.split(' ').at(-1)!, 'utf8')).toBe('x==1.0 --hash=sha256:00\n')
})

describe('nothing is begun where', () => {
  const cases: [string, { lock: string; python?: string }, RegExp][] = [
    ['the disk is too small', { lock: '# disk: 9000000 GB\n' }, /9000000\.0 GB\. Free some space/],
    [
      'Python is too old',
      { lock: '# python: 3.11 - 3.14\n', python: 'old' },
      /is Python 3\.9\.1\. Install Python 3\.11 to 3\.14/,
    ],
    ['Python is missing', { lock: '', python: '/none/python' }, /^\/none\/python is no Python that runs/],
    ['Python can’t make environments', { lock: '', python: 'half' }, /install python3\.12-venv/],
  ]
  test.each(cases)('%s', async (_name, { lock, python }, says) => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    tinyEngine(data, lock)
    const old = pretender(join(folder.path, 'old'), '[3, 9, 1]', true)
    const half = pretender(join(folder.path, 'half'), '[3, 12, 0]', false)
    const named = python === 'old' ? old : python === 'half' ? half : python
    const env = { PATH: withoutUv(folder.path), ...(named ? { HEARTH_PYTHON: named } : {}) }
    const { code, errors } = await hearth(['gpu', 'setup', 'tiny'], data, env)
    expect(code).toBe(1)
    expect(errors).toMatch(says)
    expect(existsSync(join(data, 'engines/tiny/venv'))).toBe(false)
  })
})

test('a package whose installation was cut short is forgotten, so that it is installed again', () => {
  using venv = temporaryFolder()
  const packages = join(venv.path, 'lib/python3.12/site-packages')
  for (const [name, files] of [
    ['whole-1.dist-info', ['METADATA', 'INSTALLER']],
    ['half-1.dist-info', ['METADATA']],
  ] as const) {
    mkdirSync(join(packages, name), { recursive: true })
    for (const file of files) writeFileSync(join(packages, name, file), '')
  }
  dropHalfInstalled(venv.path)
  expect(readdirSync(packages)).toEqual(['whole-1.dist-info'])
})

test('an engine that nobody knows, and words that make no sense, are answered', async () => {
  using folder = temporaryFolder()
  expect(await hearth(['gpu', 'setup', 'nobody'], folder.path)).toMatchObject({ code: 1 })
  expect(await hearth(['gpu', 'setup', '--often'], folder.path)).toMatchObject({ code: 2 })
  expect(await hearth(['gpu'], folder.path)).toMatchObject({ code: 2 })
})

/** The PATH of this machine, with a folder of links in the place of each that has uv in it. */
function withoutUv(folder: string): string {
  const uv = Bun.which('uv')
  if (!uv) return process.env.PATH!
  const bin = join(folder, 'no-uv')
  rmSync(bin, { recursive: true, force: true })
  mkdirSync(bin)
  for (const name of ['python3', 'sh', 'sync']) Bun.spawnSync(['ln', '-s', Bun.which(name)!, join(bin, name)])
  return bin
}

function pretender(path: string, version: string, whole: boolean): string {
  return program(path, `echo '{"version": ${version}, "whole": ${whole}}'`)
}

function program(path: string, script: string): string {
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}
