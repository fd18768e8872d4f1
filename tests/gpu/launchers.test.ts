import { expect, test } from 'bun:test'
import { appendFileSync, chmodSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { tail } from '../../src/gpu/connection.ts'
import { writeSpec } from '../../src/gpu/folder.ts'
import { execLauncher } from '../../src/gpu/launchers/exec.ts'
import { localLauncher } from '../../src/gpu/launchers/local.ts'
import { endLaunches } from '../../src/gpu/launches.ts'
import { splitLines } from '../../src/gpu/lines.ts'
import { workerSpec } from '../../src/gpu/protocol.ts'
import { render } from '../../src/gpu/render.ts'
import { PROTOCOL } from '../../src/gpu/wire.ts'
import { silent, temporaryFolder } from '../support/database.ts'
import { PYTHON, testAttempts, testEngines, until, writtenSpec } from '../support/gpu-attempts.ts'
import { FAULTY, faultyAttempts, faultySpec, processesOf } from '../support/gpu-faulty.ts'

const NOBODY = 65534
const isRoot = process.getuid?.() === 0
/** Another user where that may be had; else a shell of this one's, by the same way. */
const PREFIX = isRoot ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : ['env']
const never = new AbortController().signal

/** Attempts, and a copy of the engine, that any user can reach. */
function launching() {
  const shared = temporaryFolder()
  chmodSync(shared.path, 0o755)
  const engine = join(shared.path, 'faulty')
  cpSync(FAULTY, engine, { recursive: true })
  const engines = testEngines(undefined, [engine])
  const deps = testAttempts({ engines, launcher: execLauncher({ prefix: PREFIX }) })
  chmodSync(deps.attempts, 0o777)
  const remove = () => {
    deps[Symbol.dispose]()
    shared[Symbol.dispose]()
  }
  return { ...deps, engine, [Symbol.dispose]: remove }
}

/** The folder of an attempt whose worker works for some seconds, ready to be launched. */
function ready({ attempts, engine }: ReturnType<typeof launching>, over: Parameters<typeof writtenSpec>[0] = {}) {
  const folder = join(attempts, 'job-1', '1')
  mkdirSync(folder, { recursive: true })
  for (const each of [join(folder, '..'), folder]) chmodSync(each, 0o777)
  const given = writtenSpec({ engine: 'faulty', stepMs: 1_000, ...over })
  writeSpec(folder, workerSpec.parse({ v: PROTOCOL, engineVersion: '1', ...given }))
  return { name: 'hearth-job-1-1', folder, command: [PYTHON, '-I', '-S', join(engine, 'worker.py')], env: {} }
}

test('a worker of another user renders in a folder that both share', async () => {
  using deps = launching()
  const steps: number[] = []
  const onProgress = (said: object) => void ('step' in said && steps.push(said.step as number))
  const { outputs } = await render(deps, faultySpec(null), { onProgress }, never)
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  if (isRoot) expect(statSync(outputs[0]!.path).uid).toBe(NOBODY)
  using local = faultyAttempts()
  expect((await render(local, faultySpec(null), {}, never)).outputs[0]!.sha256).toBe(outputs[0]!.sha256)
})

test.each([
  ['die', 'gpu_worker_died'],
  ['exit-1', 'gpu_worker_died'],
  ['oom', 'gpu_out_of_memory'],
  ['garbage', 'gpu_worker_garbage'],
  ['fork', null],
] as const)('its fault “%s” ends as it would here', async (kind, code) => {
  using deps = launching()
  const end = await render(deps, faultySpec(kind, { step: 2 }), {}, never).then(
    () => null,
    (error) => error.code,
  )
  expect(end).toBe(code)
  expect(processesOf(deps.attempts)).toEqual([])
})

test('a cancel is heard through the folder', async () => {
  using one = launching()
  const deps = { ...one, env: { HEARTH_FAULTY_LINGERS: 'denoise:10000' } }
  const stop = new AbortController()
  const hooks = { onPhase: (phase: string) => phase === 'denoise' && stop.abort(new Error('cancelled')) }
  await expect(render(deps, faultySpec(null), hooks, stop.signal)).rejects.toThrow('cancelled')
  expect(readFileSync(join(deps.attempts, 'job-1', '1', 'control.ndjson'), 'utf8')).toBe('{"type":"cancel"}\n')
  expect(processesOf(deps.attempts)).toEqual([])
})

test.each(['local', 'exec'] as const)(
  'by %s, submitted twice is one process, and cancelled twice is none',
  async (kind) => {
    using deps = launching()
    const launcher = kind === 'local' ? localLauncher() : deps.launcher
    const launch = ready(deps)
    const [one, two] = await Promise.all([launcher.submit(launch), launcher.submit(launch)])
    expect(two).toEqual(one)
    await until('it to begin', () => lines(launch.folder).length > 2)
    expect(lines(launch.folder).filter((line) => line.includes('"hello"'))).toHaveLength(1)
    expect(await launcher.status(one)).toEqual({ state: 'running' })
    await launcher.cancel(one)
    await launcher.cancel(one)
    expect(await launcher.status(one)).toMatchObject({ state: 'gone' })
    expect(processesOf(deps.attempts)).toEqual([])
    if (kind === 'exec') expect(await launcher.submit(launch)).toEqual(one) // it is over: nothing starts
    expect(processesOf(deps.attempts)).toEqual([])
  },
)

test('what it writes on its standard error can be read, from any byte on', async () => {
  using deps = launching()
  const launch = { ...ready(deps), command: ['sh', '-c', 'echo from the worker >&2; exit 3'] }
  const handle = await deps.launcher.submit(launch)
  await until('its end', () => statOf(join(launch.folder, 'launch.exit')))
  expect(await deps.launcher.status(handle)).toEqual({ state: 'gone', code: 3, signal: null })
  expect(Buffer.from(await deps.launcher.logs(handle, 5)).toString()).toBe('the worker\n')
})

test('a prefix that fails is said in words', async () => {
  const deps = faultyAttempts({ launcher: execLauncher({ prefix: ['sh', '-c', 'echo no such user >&2; exit 1'] }) })
  using _ = deps
  await expect(render(deps, faultySpec(null), {}, never)).rejects.toMatchObject({
    code: 'gpu_launch_failed',
    retryable: true,
    message: expect.stringContaining('no such user'),
  })
})

test('a server that is killed and comes back attends to the same worker, and the picture is the same', async () => {
  using deps = launching()
  const spec = faultySpec(null, {}, { stepMs: 300 })
  const server = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, '../support/gpu-launching-main.ts'),
      deps.attempts,
      deps.engine,
      JSON.stringify(spec),
      JSON.stringify(PREFIX),
    ],
    { stdout: 'pipe', stderr: 'inherit' },
  )
  for await (const chunk of server.stdout) if (new TextDecoder().decode(chunk).includes('step 2')) break
  server.kill('SIGKILL')
  await server.exited

  const { outputs, attempt, resumedFrom } = await render(deps, { ...spec, attempt: 2 }, {}, never)
  expect([attempt, resumedFrom]).toEqual([1, 0])
  const hellos = lines(join(deps.attempts, 'job-1', '1')).filter((line) => line.includes('"hello"'))
  expect(hellos).toHaveLength(1)
  using local = faultyAttempts()
  expect((await render(local, faultySpec(null), {}, never)).outputs[0]!.sha256).toBe(outputs[0]!.sha256)
}, 60_000)

test('a worker that has died with nobody there is followed by another, from its checkpoint', async () => {
  using deps = launching()
  const launch = ready(deps, { checkpointMs: 0, previewMs: 0, stepMs: 50 })
  writeFileSync(join(launch.folder, 'launch.json'), '{}')
  const handle = await deps.launcher.submit(launch)
  await until('a checkpoint', () => lines(launch.folder).some((line) => line.includes('"checkpoint"')))
  await deps.launcher.cancel(handle)
  const { attempt, resumedFrom } = await render(deps, faultySpec(null, {}, { attempt: 2 }), {}, never)
  expect(attempt).toBe(2)
  expect(resumedFrom).toBeGreaterThan(0)
})

test('what was launched for a job that does not go on is ended at the next start', async () => {
  using deps = launching()
  const launch = ready(deps)
  writeFileSync(join(launch.folder, 'launch.json'), '{}')
  await deps.launcher.submit(launch)
  const about = { launcher: deps.launcher, attempts: deps.attempts, log: silent }
  expect(await endLaunches(about, async (jobs) => new Set(jobs))).toEqual([])
  expect(processesOf(deps.attempts)).not.toEqual([])
  expect(await endLaunches(about, async () => new Set())).toEqual([launch.folder])
  expect(processesOf(deps.attempts)).toEqual([])
  expect(await endLaunches(about, async () => new Set())).toEqual([])
})

test('a file is followed while it grows, in whatever pieces, to its end', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'events.ndjson')
  const gone = new AbortController()
  const read = Array.fromAsync(splitLines(tail(folder.path, 'events.ndjson', gone.signal, systemClock), 100))
  for (const piece of ['{"a"', ':1}\n{"b":2}', '\n{"c":3}\nlast']) {
    appendFileSync(path, piece)
    await systemClock.sleep(120)
  }
  gone.abort()
  expect(await read).toEqual(['{"a":1}', '{"b":2}', '{"c":3}', 'last'])
  rmSync(path)
})

function lines(folder: string): string[] {
  try {
    return readFileSync(join(folder, 'events.ndjson'), 'utf8').split('\n')
  } catch {
    return [] // it has not begun
  }
}

function statOf(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
