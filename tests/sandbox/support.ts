import { systemClock } from '../../src/clock.ts'
import type { Outcome } from '../../src/sandbox/outcome.ts'
import { openSandbox, type RunOptions } from '../../src/sandbox/sandbox.ts'

export const DATA = '/nonexistent/data'

/** A real sandbox of this machine. */
export function testSandbox(readable: string[] = [], data = DATA) {
  return openSandbox({ clock: systemClock, data, readable })
}

const shared = testSandbox()

/** Runs a line of shell inside. */
export function runs(line: string, options: Partial<RunOptions> = {}): Promise<Outcome> {
  return shared.run({ files: [], command: ['sh', '-c', line], ...options })
}
