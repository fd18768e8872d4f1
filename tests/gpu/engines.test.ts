import { expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineSetDeps, openEngineSet } from '../../src/gpu/engines.ts'
import { render } from '../../src/gpu/render.ts'
import { temporaryFolder } from '../support/database.ts'
import { smallSpec, testAttempts, testEngines } from '../support/gpu-attempts.ts'

const MANIFEST = { name: 'echo', label: 'Echo', version: '1', functions: ['image'], command: ['/bin/true'] }

function drop(folder: string, manifest: Record<string, unknown> | string, name = 'echo'): string {
  const place = join(folder, name)
  mkdirSync(place, { recursive: true })
  const text = typeof manifest === 'string' ? manifest : toml(manifest)
  writeFileSync(join(place, 'engine.toml'), text)
  return place
}

function toml(manifest: Record<string, unknown>): string {
  return Object.entries(manifest)
    .map(([key, value]) =>
      key === 'needs' ? `[needs]\n${toml(value as Record<string, unknown>)}` : `${key} = ${JSON.stringify(value)}`,
    )
    .join('\n')
}

const open = (folder: string, over: Partial<EngineSetDeps> = {}) =>
  openEngineSet({ folders: [folder], hearth: ['/bin/hearth', 'main.ts'], data: folder, ...over })

test('an engine of twenty lines of shell that is dropped into a folder renders', async () => {
  using folder = temporaryFolder()
  const place = drop(folder.path, { ...MANIFEST, command: ['/bin/sh', '{engine}/worker.sh'] })
  writeFileSync(join(place, 'worker.sh'), await Bun.file(`${import.meta.dir}/../support/echo-engine.sh`).text())
  using deps = testAttempts({ engines: testEngines(undefined, [folder.path]) })
  const phases: string[] = []
  const { outputs, engine } = await render(
    deps,
    smallSpec({ engine: 'echo' }),
    { onPhase: (phase) => phases.push(phase) },
    new AbortController().signal,
  )
  expect([engine, phases.join(' ')]).toEqual(['echo', 'load denoise save'])
  expect(outputs[0]).toMatchObject({ mediaType: 'image/x-portable-pixmap', width: 1, height: 1 })
})

test('placeholders name its folder, Hearth, Python, its program and its server', () => {
  using folder = temporaryFolder()
  drop(folder.path, {
    ...MANIFEST,
    command: ['{hearth}', '{python}', '{program}', '--at={server}', '{engine}/x.py', '{other}'],
    needs: { program: 'sh', serverSetting: 'HEARTH_COMFYUI_URL' },
  })
  const settings = { HEARTH_COMFYUI_URL: 'http://127.0.0.1:8188' }
  const which = (name: string) => `/usr/bin/${name}`
  const { command, missing } = open(folder.path, { settings, which }).named('echo')
  const rest = ['--at=http://127.0.0.1:8188', `${folder.path}/echo/x.py`, '{other}']
  expect(command).toEqual(['/bin/hearth', 'main.ts', '/usr/bin/python3', '/usr/bin/sh', ...rest])
  expect(missing).toBeNull()
})

test.each([
  [{ python: 'requirements.txt' }, 'Echo needs its Python packages: run “hearth gpu setup echo”.'],
  [
    { program: 'sd-cli', programSetting: 'HEARTH_SD_CLI' },
    'is not on the PATH: install it, or name it by HEARTH_SD_CLI',
  ],
  [{ serverSetting: 'HEARTH_COMFYUI_URL' }, 'Echo needs a server: set HEARTH_COMFYUI_URL to its address.'],
])('what is missing is said in one sentence: %j', async (needs, sentence) => {
  using folder = temporaryFolder()
  const place = drop(folder.path, { ...MANIFEST, needs })
  writeFileSync(join(place, 'requirements.txt'), '')
  const engines = open(folder.path, { which: () => null })
  expect(engines.named('echo').missing).toContain(sentence)
  using deps = testAttempts({ engines })
  const rendering = render(deps, smallSpec({ engine: 'echo' }), {}, new AbortController().signal)
  await expect(rendering).rejects.toMatchObject({ code: 'gpu_engine_missing', retryable: false })
})

test('a manifest that is broken is a problem with its folder’s name, and the others work', () => {
  using folder = temporaryFolder()
  drop(folder.path, MANIFEST)
  drop(folder.path, 'name = "half', 'half')
  drop(folder.path, { ...MANIFEST, name: 'no-command', command: [] }, 'no-command')
  drop(folder.path, MANIFEST, 'other')
  const engines = open(folder.path)
  expect(engines.all().map(({ manifest }) => manifest.name)).toEqual(['echo'])
  const told = engines.problems().map(({ folder: at, message }) => `${at.slice(folder.path.length + 1)}: ${message}`)
  expect(told[0]).toStartWith('half: engine.toml can’t be read: ')
  expect(told[1]).toStartWith('no-command: engine.toml is not as it has to be: command: ')
  expect(told[2]).toBe('other: engine.toml says the name “echo”, the folder is called “other”.')
})

test('of two by one name the built-in one wins, and the other is told so', () => {
  using folder = temporaryFolder()
  drop(folder.path, { ...MANIFEST, name: 'sketch' }, 'sketch')
  const engines = testEngines(undefined, [folder.path])
  expect(engines.named('sketch').manifest.label).toStartWith('Sketch (built in')
  expect(engines.problems()[0]).toMatchObject({ folder: `${folder.path}/sketch` })
})

test('what is dropped later is there after a refresh, and what is not there has no name', () => {
  using folder = temporaryFolder()
  const engines = open(folder.path)
  expect(() => engines.named('echo')).toThrow('There is no engine with the id “echo”')
  drop(folder.path, MANIFEST)
  engines.refresh()
  expect(engines.named('echo').manifest.reuse).toBe(false)
})

test('an engine for tests is found only where its own folder is named', () => {
  using folder = temporaryFolder()
  const place = drop(folder.path, { ...MANIFEST, onlyNamed: true })
  expect(open(folder.path).all()).toEqual([])
  expect(open(place).all()).toHaveLength(1)
})

test('an engine is asked only for what its manifest says that it can do', async () => {
  using deps = testAttempts()
  const rendering = render(deps, smallSpec({ function: 'video' }), {}, new AbortController().signal)
  await expect(rendering).rejects.toMatchObject({ code: 'gpu_bad_spec' })
})
