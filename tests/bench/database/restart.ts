import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../child.ts'
import { type Benchmark, median, repeat } from '../result.ts'

const QUEUED = 10_000
const RUNNING = 50
const MOST_MS = 1_000

/** ms from the start of a process to the moment when all places are taken, after the one before was killed. */
async function once(): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'hearth-bench-'))
  try {
    {
      await using first = startChild('database/restarted.ts', { data, jobs: QUEUED + RUNNING, atOnce: RUNNING })
      await first.next()
    }
    const from = performance.now()
    await using second = startChild('database/restarted.ts', { data, jobs: 0, atOnce: RUNNING })
    await second.next()
    return performance.now() - from
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

export const restart: Benchmark = {
  name: 'restart',
  async run(runs) {
    const ms = await repeat(runs, once)
    return [
      {
        name: 'restart',
        what: `from the start of the process until ${RUNNING} jobs run again, with ${QUEUED} queued, after a kill -9`,
        aim: `<= ${MOST_MS} ms`,
        value: median(ms),
        unit: 'ms',
        met: median(ms) <= MOST_MS,
        runs: ms,
      },
    ]
  },
}
