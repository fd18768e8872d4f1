import { expect, test } from 'bun:test'
import { FAULTS, type FaultKind, PHASES, type Phase } from '../../src/gpu/protocol.ts'
import { type RenderSpec, render } from '../../src/gpu/render.ts'
import type { RenderHooks } from '../../src/gpu/report.ts'
import { temporaryFolder } from '../support/database.ts'
import { smallSpec, testAttempts, until } from '../support/gpu-attempts.ts'
import { FAULT_ENDS, faultyAttempts, faultySpec, pretendMemory, processesOf } from '../support/gpu-faulty.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
/** From the word that a stage has begun to the cancel: by then the worker has acted out its fault. */
const AFTER_MS = 100
const never = new AbortController().signal
const run = (deps: ReturnType<typeof faultyAttempts>, spec: RenderSpec, hooks: RenderHooks = {}, signal = never) =>
  render(deps, spec, hooks, signal)

const SILENCE = { fetch: 400, load: 400, encode: 400, denoise: 400, decode: 400, save: 400 }

test.each(PHASES)(
  'every fault at “%s” ends in its own way, and leaves no process',
  async (phase) => {
    const impatient: Partial<Record<FaultKind, object>> = { hang: { deadlines: SILENCE }, stall: { patience: SILENCE } }
    const deps = FAULTS.map((kind) => faultyAttempts(impatient[kind]))
    const ends = await Promise.all(
      FAULTS.map((kind, i) =>
        run(deps[i]!, faultySpec(kind, { phase })).then(
          () => null,
          ({ code }) => code,
        ),
      ),
    )
    expect(Object.fromEntries(FAULTS.map((kind, i) => [kind, ends[i]]))).toEqual(FAULT_ENDS)
    for (const each of deps) {
      expect(processesOf(each.attempts)).toEqual([])
      each[Symbol.dispose]()
    }
  },
  30_000,
)

test.each(PHASES)(
  'a cancel while in “%s” ends the worker within two seconds, deaf and stubborn ones too',
  async (phase) => {
    const times = await Promise.all(
      ([null, 'deaf', 'stubborn', 'fork'] as const).map((kind) => cancelledIn(phase, kind)),
    )
    for (const ms of times) expect(ms).toBeLessThan(2_000)
  },
  20_000,
)

/** The time from a cancel, soon after the stage began, to the end of all processes. */
async function cancelledIn(phase: Phase, kind: FaultKind | null): Promise<number> {
  using deps = faultyAttempts({ env: { HEARTH_FAULTY_LINGERS: `${phase}:10000` } })
  const stop = new AbortController()
  let asked = 0
  const onPhase = async (now: string) => {
    if (now !== phase) return
    await Bun.sleep(AFTER_MS)
    asked = performance.now()
    stop.abort(new Error('cancelled by a person'))
  }
  const cancelled = run(deps, faultySpec(kind, { phase }), { onPhase }, stop.signal)
  await expect(cancelled).rejects.toThrow('cancelled by a person')
  expect(processesOf(deps.attempts)).toEqual([])
  return performance.now() - asked
}

test('memory that is out says what was wanted, free and there, and in which stage', async () => {
  using deps = faultyAttempts()
  await expect(run(deps, faultySpec('oom', { phase: 'decode' }))).rejects.toMatchObject({
    code: 'gpu_out_of_memory',
    context: { where: 'device', phase: 'decode', needBytes: 3 * GIB, freeBytes: GIB, totalBytes: 8 * GIB },
  })
})

test('a kill by the kernel for want of the host’s memory is told from any other', async () => {
  let kills = 3
  const onPhase = (phase: string) => void (phase === 'denoise' && kills++)
  using full = faultyAttempts({ oomKills: () => kills })
  await expect(run(full, faultySpec('die', { step: 2 }), { onPhase })).rejects.toMatchObject({
    code: 'gpu_out_of_memory',
    context: { where: 'host', phase: 'denoise' },
  })
  using other = faultyAttempts({ oomKills: () => 3 })
  await expect(run(other, faultySpec('die', { step: 2 }))).rejects.toMatchObject({ code: 'gpu_worker_died' })
})

test('a picture that is none is tried once more, and no further', async () => {
  using deps = faultyAttempts()
  const bad = { code: 'gpu_bad_output' }
  await expect(run(deps, faultySpec('bad-output'))).rejects.toMatchObject({ ...bad, retryable: true })
  await expect(run(deps, faultySpec('bad-output', {}, { attempt: 2 }))).rejects.toMatchObject({
    ...bad,
    retryable: false,
  })
  const fresh = run(deps, faultySpec('bad-output', {}, { attempt: 3, freshAfter: 2 }))
  await expect(fresh).rejects.toMatchObject({ ...bad, retryable: true })
})

test('killed at any step it goes on to the very same pictures', async () => {
  const params = { steps: 6, count: 2 }
  using whole = faultyAttempts()
  const wanted = (await run(whole, faultySpec(null, {}, { params }))).outputs.map(({ sha256 }) => sha256)
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (step) => {
      using deps = faultyAttempts()
      await expect(run(deps, faultySpec('die', { step }, { params }))).rejects.toMatchObject({
        code: 'gpu_worker_died',
      })
      const { outputs, resumedFrom } = await run(deps, faultySpec(null, {}, { params, attempt: 2 }))
      expect(resumedFrom).toBe(step - 1)
      expect(outputs.map(({ sha256 }) => sha256)).toEqual(wanted)
    }),
  )
})

test('lines of another attempt are garbage, and change nothing', async () => {
  const script = `printf '{"v":2,"seq":0,"t":0,"job":"job-1","attempt":9,"type":"phase","phase":"save"}\n%.0s' $(seq 30); sleep 5`
  using deps = testAttempts({ command: ['/bin/sh', '-c', script] })
  const seen: string[] = []
  const onPhase = (phase: string) => seen.push(phase)
  await expect(run(deps, smallSpec(), { onPhase })).rejects.toMatchObject({ code: 'gpu_worker_garbage' })
  expect(seen).toEqual([])
})

test('pretended memory is taken while a picture is made, told of, and refused where others hold too much', async () => {
  using folder = temporaryFolder()
  const memory = pretendMemory(folder.path, { cpu: 100 * MIB })
  using deps = faultyAttempts({ env: memory.env })
  const { peakBytes } = await run(deps, faultySpec(null))
  expect(peakBytes).toBe(64 * MIB + 160 * 96 * 256)
  expect(memory.used('cpu')).toBe(0)

  const first = run(deps, faultySpec(null, {}, { job: 'job-2', stepMs: 200 }))
  await until('the first to hold its weights', () => memory.used('cpu') === 64 * MIB)
  await expect(run(deps, faultySpec(null, {}, { job: 'job-3' }))).rejects.toMatchObject({
    code: 'gpu_out_of_memory',
    context: { where: 'device', phase: 'load', totalBytes: 100 * MIB },
  })
  expect(memory.overcommitted('cpu')).toBe(true)
  await first
})

test('memory that is not given back is held by a process that nobody can name', async () => {
  using folder = temporaryFolder()
  const memory = pretendMemory(folder.path, { cpu: 200 * MIB })
  using deps = faultyAttempts({ env: memory.env })
  await run(deps, faultySpec('holds-memory', { phase: 'denoise' }))
  expect(memory.used('cpu')).toBe(64 * MIB)
  for (const pid of memory.holders('cpu')) process.kill(pid, 'SIGKILL')
  await until('the memory to be back', () => memory.used('cpu') === 0)
})
