import { writeSync } from 'node:fs'
import type { WorkerSpec } from '../protocol.ts'
import { GARBAGE_LIMIT } from '../wire.ts'
import type { Say } from '../worker/voice.ts'

/** Fails as the spec asks, when it may and when this is the step: the parent's tests need a child that does. */
export function faultAt({ allowFaults, fault }: WorkerSpec, step: number, say: Say): void {
  if (!allowFaults || fault?.step !== step) return
  switch (fault.kind) {
    case 'hang':
      for (;;) Bun.sleepSync(60_000)
    case 'garbage':
      writeSync(1, 'Segmentation fault? {"half": \n'.repeat(GARBAGE_LIMIT + 5))
      return
    case 'die':
      process.kill(process.pid, 'SIGKILL')
      Bun.sleepSync(1_000)
      return
    case 'exit-1':
      process.exit(1)
      return
    case 'oom':
      say({ type: 'failed', code: 'out_of_memory', message: 'The device has no memory left.', retryable: true })
      throw Object.assign(new Error('out of memory'), { code: 'OUT_OF_MEMORY' })
    case 'disk-full':
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    default:
      throw new Error(`the sketch engine can't act out ${fault.kind}`)
  }
}
