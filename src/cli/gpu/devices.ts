import { readServer } from '../../accounts/local.ts'
import { devicesHere, openProbe } from '../../gpu/devices/probe.ts'
import type { Device } from '../../gpu/devices.ts'
import { tierFor } from '../../gpu/tiers.ts'
import type { DeviceView } from '../../ops/devices/view.ts'
import { bytes } from '../../web/format.ts'
import { type Cli, saying, USAGE } from '../io.ts'
import { ask } from '../reach.ts'

const HOW = 'usage: hearth gpu devices [--json]'

/** `hearth gpu devices`: one line a device, by the running server, or by a look of our own where none runs. */
export async function run(args: string[], io: Cli): Promise<number> {
  const json = args[0] === '--json'
  if (args.length > (json ? 1 : 0)) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    const facts = readServer(io.config.data)
    const found = facts ? await asked(facts) : { items: await devicesHere(openProbe(io.config.gpu)), troubles: [] }
    if (json) io.out(JSON.stringify(found.items))
    else for (const device of found.items) io.out(line(device))
    for (const trouble of found.troubles) io.err(trouble)
    return 0
  })
}

async function asked(facts: NonNullable<ReturnType<typeof readServer>>) {
  return (await ask(facts, '/api/devices')) as { items: DeviceView[]; troubles: string[] }
}

function line(device: Device & Partial<Pick<DeviceView, 'degraded' | 'running'>>): string {
  const { id, name, freeBytes, totalBytes, driver, temperature, degraded, running = [] } = device
  const state = degraded ? `left alone: ${degraded.why}` : running.length > 0 ? `renders ${running[0]!.name}` : 'free'
  const facts = [driver && `driver ${driver}`, temperature && `${temperature} °C`].filter(Boolean)
  const memory = totalBytes > 0 ? `${bytes(freeBytes)} of ${bytes(totalBytes)} free` : 'memory unknown'
  return [id, name, memory, `tier ${tierFor(device).name}`, ...facts, state].join('  ')
}
