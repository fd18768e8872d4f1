import { expect, test } from 'bun:test'
import { render } from '../../src/gpu/render.ts'
import { farm } from '../support/gpu-farm.ts'
import { faultyAttempts, faultySpec } from '../support/gpu-faulty.ts'

/** More on demand: `FARM_JOBS=1000 bun test tests/gpu/farm.test.ts --timeout 3600000`. */
const JOBS = Number(process.env.FARM_JOBS ?? 60)
/** Of so few jobs in CI every third meets a fault, so that each kind is met. */
const SHARE = Number(process.env.FARM_FAULTS ?? 0.33)

/** Faults that no further try mends. */
const FATAL: Record<string, string> = { 'model-missing': 'gpu_model_missing', 'disk-full': 'disk_full' }

test('on four devices each job ends once and in its own way, in the order of asking, and no memory is given twice', async () => {
  const report = await farm(JOBS, SHARE)
  const { dealt, order, overcommitted, processesLeft } = report
  expect(order).toEqual(order.toSorted((a, b) => a - b))
  expect([overcommitted, processesLeft]).toEqual([false, 0])
  for (const { ends } of dealt) expect(ends).toHaveLength(1)
  const failed = dealt.filter(({ ends }) => !/^[0-9a-f]{64}$/.test(ends[0]!))
  expect(failed.map(({ job, ends }) => [job, ends[0]!])).toEqual(
    dealt.flatMap(({ job, fault }): [number, string][] => (FATAL[fault ?? ''] ? [[job, FATAL[fault!]!]] : [])),
  )
  expect(new Set(dealt.map(({ ends }) => ends[0])).size).toBeGreaterThan(JOBS - failed.length)
  await expectTrue(dealt.find(({ fault, tries }) => fault && tries > 1)!.job, dealt)
  if (process.env.FARM_JOBS) {
    const tries = dealt.reduce((sum, one) => sum + one.tries, 0)
    const faults = dealt.filter(({ fault }) => fault).length
    console.log(JSON.stringify({ jobs: JOBS, faults, tries, failed: failed.length, seconds: report.seconds }))
  }
}, 3_600_000)

/** What was made after a failure is what is made without one. */
async function expectTrue(job: number, dealt: { ends: string[] }[]): Promise<void> {
  using alone = faultyAttempts()
  const device = { id: 'GPU-0', name: 'GPU-0', kind: 'cuda' as const }
  const spec = faultySpec(null, {}, { params: { seed: job, steps: 3 }, device })
  const { outputs } = await render(alone, spec, {}, new AbortController().signal)
  expect(dealt[job]!.ends[0]).toBe(outputs[0]!.sha256)
}
