import { describe, expect, test } from 'bun:test'
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { tail } from '../../src/gpu/connection.ts'
import { openEngineSet } from '../../src/gpu/engines.ts'
import { readProfiles } from '../../src/gpu/models/catalogue.ts'
import { readLine, workerLine, workerResult } from '../../src/gpu/protocol.ts'
import { render } from '../../src/gpu/render.ts'
import { PROTOCOL } from '../../src/gpu/wire.ts'
import { endingOf } from '../../src/studio/kinds.ts'
import { readRecipe } from '../../src/studio/recipe.ts'
import { temporaryFolder } from '../support/database.ts'
import { smallSpec, testAttempts } from '../support/gpu-attempts.ts'

const never = new AbortController().signal
const HEAD = { v: PROTOCOL, job: 'job-1', attempt: 1 }
const line = (text: string) => readLine(workerLine, `{"v":${PROTOCOL},"seq":0,"t":0,"job":"job-1","attempt":1,${text}}`)
const OUTPUT = {
  file: 'out/a.png',
  sha256: 'a'.repeat(64),
  mediaType: 'image/png',
  bytes: 1,
  width: 1,
  height: 1,
  seed: 1,
}
const result = (output: object, more: object = {}) => {
  const whole = { ...HEAD, engine: 'e', engineVersion: '1', outputs: [{ ...OUTPUT, ...output }], params: {}, ...more }
  return readLine(workerResult, JSON.stringify(whole))
}

describe('a line of a worker', () => {
  test('with numbers that are none, or beyond counting, is garbage', () => {
    for (const [step, steps] of [
      ['1e309', 1],
      ['-1', 1],
      ['1.5', 1],
      ['NaN', 1],
      ['9007199254740993', 1],
      ['1', '1e309'],
    ])
      expect(line(`"type":"progress","step":${step},"steps":${steps}`)).toBeNull()
    expect(line('"type":"progress","step":1,"steps":2')).not.toBeNull()
  })

  test('that names a file elsewhere is garbage', () => {
    for (const file of [
      '../../x.png',
      'out/../../x.png',
      '/etc/passwd',
      'previews/a/b.png',
      'previews/.png',
      'previews/a\\u0000.png',
    ])
      expect(line(`"type":"preview","step":1,"file":"${file}"`)).toBeNull()
  })

  test('says why it failed in plain words: nothing that moves a cursor, however long', async () => {
    const said = line(
      `"type":"failed","code":"x","retryable":false,"message":"\\u001b]0;owned\\u0007a\\u0000b\\ud800${'c'.repeat(9_000)}"`,
    )
    const { message } = said as { message: string }
    expect(message).toMatch(/^ \]0;owned a b\ufffdc+$/)
    expect(message).toHaveLength(2_000)
    const script = `printf '{"v":2,"seq":0,"t":0,"job":"job-1","attempt":1,"type":"failed","code":"x","retryable":false,"message":"\\\\u001b[2Jgone"}\\n'; exit 69`
    using deps = testAttempts({ command: ['/bin/sh', '-c', script] })
    await expect(render(deps, smallSpec(), {}, never)).rejects.toMatchObject({
      code: 'gpu_model_missing',
      message: expect.stringContaining('It says: [2Jgone.'),
    })
  })

  test('of bytes that are no text is garbage, and so are zeros', async () => {
    const script = `i=0; while [ $i -lt 30 ]; do printf '\\377\\376\\000{"v":2}\\n'; i=$((i+1)); done; sleep 5`
    using deps = testAttempts({ command: ['/bin/sh', '-c', script] })
    await expect(render(deps, smallSpec(), {}, never)).rejects.toMatchObject({ code: 'gpu_worker_garbage' })
  })

  test('that comes a hundred thousand times a second ends it, by a pipe', async () => {
    const beat = JSON.stringify({ ...HEAD, seq: 0, t: 0, type: 'heartbeat' })
    using deps = testAttempts({ command: ['/bin/sh', '-c', `exec yes '${beat}'`] })
    await expect(render(deps, smallSpec(), {}, never)).rejects.toMatchObject({ code: 'gpu_worker_garbage' })
  }, 20_000)

  test('that comes without end in a file lets others have their turn', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'events.ndjson')
    writeFileSync(path, 'x')
    truncateSync(path, 64 * 1024 ** 2)
    const gone = new AbortController()
    let turns = 0
    const other = setInterval(() => turns++, 0)
    let bytes = 0
    for await (const chunk of tail(folder.path, 'events.ndjson', gone.signal, systemClock)) {
      bytes += chunk.length
      if (bytes < 32 * 1024 ** 2) appendFileSync(path, 'y')
      else gone.abort()
    }
    clearInterval(other)
    expect(turns).toBeGreaterThan(10)
  })
})

describe('a result of a worker', () => {
  test('names what it made by a media type alone: no header, no script, no name of JavaScript’s', () => {
    for (const mediaType of [
      'image/svg+xml; charset=utf-8',
      'image/png\r\nset-cookie: a=b',
      'constructor',
      '__proto__',
      'IMAGE/PNG',
      '',
      'image/'.padEnd(500, 'x'),
    ])
      expect(result({ mediaType })).toBeNull()
    expect(result({ mediaType: 'image/png' })).not.toBeNull()
    expect(['constructor', '__proto__', 'image/svg+xml', 'image/png'].map(endingOf)).toEqual([
      'bin',
      'bin',
      'bin',
      'png',
    ])
  })

  test('of impossible size, or that tells a novel of how, is none', () => {
    for (const odd of [{ width: 60_000_000 }, { height: 70_000 }, { bytes: -1 }, { seed: 1.5 }, { fps: -1, frames: 2 }])
      expect(result(odd)).toBeNull()
    expect(result({}, { params: { story: 'x'.repeat(200_000) } })).toBeNull()
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(readLine(workerResult, `{"v":${PROTOCOL},"params":{"a":${deep}}}`)).toBeNull()
    expect(result({}, { engine: 'e\u001b[2J'.padEnd(5_000, 'x') })!.engine).toMatch(/^e \[2Jx+$/)
  })
})

describe('a profile of a model', () => {
  const profile = (over: string, licence = '') => `
id = "sd15/x"\nlabel = "X"\nfamily = "sd15"\nformat = "safetensors"\nengines = ["e"]\n${over}
[licence]\nid = "x"\nname = "X"\n${licence}\n[tiers.low]\nvramBytes = 1\n`
  const read = (text: string) => readProfiles({ name: 'x.toml', text })

  test('lies nowhere but in a folder of its own', () => {
    for (const id of ['../blobs', 'x/..', './x', '../../x', 'a/b/c', '/etc', 'a/', '.git/x', 'x/.part-y', '__proto__'])
      expect(() => read(profile('').replace('sd15/x', id))).toThrow('id')
    for (const path of ['../x.safetensors', '/x.safetensors', '.x.safetensors', 'a/../b.safetensors'])
      expect(() => read(profile(`files = [{ path = "${path}" }]`))).toThrow('outside')
    expect(read(profile(''))).toHaveLength(1)
  })

  test('leads to no address that is code', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd']) {
      expect(() => read(profile(`page = "${url}"`))).toThrow('page')
      expect(() => read(profile('', `url = "${url}"`))).toThrow('url')
    }
  })

  test('with keys of JavaScript’s changes nothing else, and one that is nested without end is no profile', () => {
    expect(() => read('[[models]]\nuses = ["constructor"]\n[shared]\n[__proto__]\npolluted = 1\n')).toThrow()
    expect(() => read(profile(`a = ${'['.repeat(100_000)}`))).toThrow()
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

test('a manifest of an engine that is a pipe, huge, nested without end or full of JavaScript’s keys stops nothing', () => {
  using root = temporaryFolder()
  const manifest = (name: string, text: string) => {
    mkdirSync(join(root.path, name))
    writeFileSync(join(root.path, name, 'engine.toml'), text)
  }
  const good = (name: string) =>
    `name = "${name}"\nlabel = "X"\nversion = "1"\nfunctions = ["image"]\ncommand = ["x"]\n`
  manifest('good', good('good'))
  manifest('huge', `${good('huge')}# ${'x'.repeat(300_000)}`)
  manifest('deep', `${good('deep')}a = ${'{b='.repeat(50_000)}`)
  manifest('proto', `${good('proto')}[env.__proto__]\npolluted = "1"\n`)
  manifest('__proto__', good('__proto__'))
  mkdirSync(join(root.path, 'pipe'))
  Bun.spawnSync(['mkfifo', join(root.path, 'pipe/engine.toml')])
  const engines = openEngineSet({ folders: [root.path], hearth: [], data: '/nonexistent', python: 'python3' })
  expect(engines.all().map(({ manifest: { name } }) => name)).toEqual(['__proto__', 'good', 'proto'])
  expect(engines.problems().map(({ folder }) => folder.slice(root.path.length + 1))).toEqual(['deep', 'huge', 'pipe'])
  expect(({} as { polluted?: string }).polluted).toBeUndefined()
})

test('a recipe that somebody has put into a picture asks for no thousand LoRAs, and leads nowhere', () => {
  const params = { prompt: 'x', width: 64, height: 64, seed: 1, steps: 1, guidance: 1 }
  const recipe = {
    v: 1,
    function: 'image',
    engine: 'e',
    engineVersion: '1',
    model: null,
    params,
    memory: {},
    tier: 'low',
    n: 1,
    seed: 1,
  }
  const read = (over: object) => readRecipe(JSON.stringify({ ...recipe, ...over }))
  expect(read({})).not.toBeNull()
  const lora = { name: 'a/b', sha256: 'a'.repeat(64), scale: 1 }
  for (const odd of [
    { loras: Array(1_000).fill(lora) },
    { lowered: Array(1_000).fill({}) },
    { engine: '../x' },
    { n: 0 },
    { params: { ...params, width: 60_000 } },
  ])
    expect(read(odd)).toBeNull()
  expect(readRecipe('['.repeat(1_000_000))).toBeNull()
})
