// A server in small that launches by a prefix: renders the spec that it is given and says how that ends.
import { systemClock } from '../../src/clock.ts'
import { execLauncher } from '../../src/gpu/launchers/exec.ts'
import { render } from '../../src/gpu/render.ts'
import { openLog } from '../../src/log.ts'
import { testEngines } from './gpu-attempts.ts'

const [attempts, engine, spec, prefix] = Bun.argv.slice(2) as [string, string, string, string]
const say = (line: string) => process.stdout.write(`${line}\n`)
const launcher = execLauncher({ prefix: JSON.parse(prefix) })
const engines = testEngines(undefined, [engine])
const { outputs } = await render(
  { engines, launcher, attempts, clock: systemClock, log: openLog('silent') },
  JSON.parse(spec),
  { onProgress: (said) => say(`step ${'step' in said && said.step}`) },
  new AbortController().signal,
)
say(`made ${outputs[0]!.sha256}`)
