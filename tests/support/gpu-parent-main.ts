import { systemClock } from '../../src/clock.ts'
import { localLauncher } from '../../src/gpu/launchers/local.ts'
import { render } from '../../src/gpu/render.ts'
import { openLog } from '../../src/log.ts'
import { testEngines } from './gpu-attempts.ts'
import { FAULTY } from './gpu-faulty.ts'

// A server in small: renders the spec that it is given and says where its checkpoints are, until it is killed.
const [attempts, spec, lingers = ''] = Bun.argv.slice(2) as [string, string, string?]
process.stdout.on('error', () => {}) // who hears has heard enough
const say = (line: string) => process.stdout.write(`${line}\n`)
await render(
  {
    engines: testEngines(undefined, [FAULTY]),
    env: { HEARTH_FAULTY_LINGERS: lingers },
    launcher: localLauncher(),
    attempts,
    clock: systemClock,
    log: openLog('silent'),
  },
  JSON.parse(spec),
  {
    onPhase: (phase) => say(`phase ${phase}`),
    onCheckpoint: (_path, step) => say(`checkpoint ${step}`),
    onProgress: (said) => say(`step ${'step' in said && said.step}`),
  },
  new AbortController().signal,
)
