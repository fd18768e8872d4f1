import { tmpdir } from 'node:os'
import { readServer, type ServerFacts } from '../accounts/local.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { DomainError } from '../errors.ts'
import { devicesHere, openProbe } from '../gpu/devices/probe.ts'
import { fixedModels } from '../llm/fixed-models.ts'
import { openProviders } from '../llm/open-models.ts'
import { placesOf } from '../llm/setup/places.ts'
import { openReach } from '../llm/setup/reach.ts'
import { type DoctorDeps, examine } from '../ops/doctor.ts'
import { bad, type Finding, type Level } from '../ops/finding.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { type Cli, takesNothing } from './io.ts'
import { ask } from './reach.ts'

/** A shape and a word for each level: neither alone, and no colour, carries it. */
const MARKS: Readonly<Record<Level, string>> = { ok: '●  ok  ', warn: '▲  warn', bad: '■  bad ' }

/** `hearth doctor`: what Hearth needs and how it is; 1 when something is bad. */
export async function run(args: string[], io: Cli): Promise<number> {
  if (args.length > 0) return takesNothing('doctor', io)
  const facts = readServer(io.config.data)
  const findings = facts ? await examineRunning(facts, io.config) : await examine(ownLook(io.config, null))
  for (const line of table(findings)) io.out(line)
  const wrong = findings.filter(({ level }) => level === 'bad').length
  io.out('')
  io.out(wrong === 0 ? 'Hearth can work here.' : `Mend what is bad (${wrong}), then run hearth doctor again.`)
  return wrong === 0 ? 0 : 1
}

/** The findings as aligned lines. */
export function table(findings: Finding[]): string[] {
  const width = Math.max(...findings.map(({ name }) => name.length))
  return findings.map(({ name, level, says }) => `${MARKS[level]}  ${name.padEnd(width)}  ${says}`)
}

/** The server looks at its own database; the look from here is only for when it can't. */
async function examineRunning(facts: ServerFacts, config: Config): Promise<Finding[]> {
  try {
    return ((await ask(facts, '/api/doctor')) as { items: Finding[] }).items
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return [bad('server', error.message), ...(await examine(ownLook(config, facts.url))).filter(notServer)]
  }
}

function notServer({ name }: Finding): boolean {
  return name !== 'server'
}

function ownLook(config: Config, serving: string | null): DoctorDeps {
  const models = fixedModels(openProviders(config, systemClock))
  const places = placesOf(config.vendors, { keys: new Map(), servers: new Map() })
  const setup = { current: { places, chains: {}, overrides: {} } }
  const reach = openReach({ setup, localServers: config.localServers, clock: systemClock })
  const providers = { places: () => places, reach }
  const sandbox = openSandbox({
    clock: systemClock,
    data: config.data,
    readable: config.sandboxRead,
    image: config.sandboxImage,
  })
  const { now } = systemClock
  return {
    config,
    db: null,
    serving,
    devices: () => devicesHere(openProbe(config.gpu)),
    models,
    providers,
    sandbox,
    tmp: tmpdir(),
    now,
  }
}
