import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { sweepOrphans } from '../../src/gpu/processes.ts'
import { PHASES, type Phase } from '../../src/gpu/protocol.ts'
import { type RenderSpec, render } from '../../src/gpu/render.ts'
import { until } from '../support/gpu-attempts.ts'
import { faultyAttempts, faultySpec, processesOf } from '../support/gpu-faulty.ts'

const never = new AbortController().signal
const GONE_MS = 2_000
const SPEC = faultySpec(null)

/** A server in small, in the middle of a stage of its renderer. */
async function inStage(attempts: string, phase: Phase, spec: RenderSpec = SPEC) {
  const program = join(import.meta.dir, '../support/gpu-parent-main.ts')
  const command = [process.execPath, program, attempts, JSON.stringify(spec), `${phase}:20000`]
  const server = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' })
  let said = ''
  for await (const chunk of server.stdout) {
    said += new TextDecoder().decode(chunk)
    if (said.includes(`phase ${phase}\n`)) break
  }
  const [renderer] = processesOf(attempts).filter((pid) => pid !== server.pid)
  return { server, renderer: renderer! }
}

async function shaOf(deps: ReturnType<typeof faultyAttempts>, attempt: number): Promise<string> {
  return (await render(deps, { ...SPEC, attempt }, {}, never)).outputs[0]!.sha256
}

test.each(['the server', 'both', 'a server whose renderer is deaf'] as const)(
  'kill %s in any stage: no process is left, and the next attempt makes the same picture',
  async (who) => {
    using whole = faultyAttempts()
    const wanted = await shaOf(whole, 1)
    const made = await Promise.all(
      PHASES.map(async (phase) => {
        using deps = faultyAttempts()
        const spec = who === 'a server whose renderer is deaf' ? faultySpec('hang', { phase }) : SPEC
        const { server, renderer } = await inStage(deps.attempts, phase, spec)
        server.kill('SIGKILL')
        if (who === 'both') process.kill(renderer, 'SIGKILL')
        await server.exited
        if (spec !== SPEC) expect(sweepOrphans(deps.attempts)).toEqual([renderer]) // as the next server does
        await until('all to be gone', () => processesOf(deps.attempts).length === 0, GONE_MS)
        return await shaOf(deps, 2) // before its folder goes
      }),
    )
    expect(made).toEqual(PHASES.map(() => wanted))
  },
  30_000,
)
