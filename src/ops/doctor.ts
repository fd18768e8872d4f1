import type { Config } from '../config.ts'
import { explainStorage } from '../db/faults.ts'
import type { Database } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { DeviceWatch } from '../gpu/devices/watch.ts'
import type { Device } from '../gpu/devices.ts'
import type { Models } from '../llm/models.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { plural } from '../web/format.ts'
import { findGit } from '../workspace/git/program.ts'
import { examineDatabase } from './doctor-database.ts'
import { examineDevices } from './doctor-devices.ts'
import { examineEngines } from './doctor-engines.ts'
import { examineData, examineTemporary } from './doctor-folders.ts'
import { examinePort } from './doctor-port.ts'
import { examineProviders, type ProvidersDeps } from './doctor-providers.ts'
import { bad, type Finding, ok, warn } from './finding.ts'
import { VERSION } from './version.ts'

export interface DoctorDeps {
  config: Pick<Config, 'data' | 'host' | 'port' | 'databaseUrl' | 'model'>
  /** The server's own database; null when no server runs, so that the file may be looked at. */
  db: Database | null
  /** Where the running server listens, when there is one. */
  serving: string | null
  devices: () => Promise<Device[]>
  /** The running server's: which devices it leaves alone, and what it could not find out. */
  watch?: Pick<DeviceWatch, 'degraded' | 'troubles'>
  models: Models
  /** How models are set up; undefined where nobody shall be asked. */
  providers?: ProvidersDeps
  /** What holds generated code; undefined where nothing shall be tried. */
  sandbox?: Pick<Sandbox, 'available'>
  /** The folder for temporary files. */
  tmp: string
  now: () => number
}

/** Looks at all that Hearth needs, and changes nothing. A look that fails is a finding, never an error. */
export async function examine(deps: DoctorDeps): Promise<Finding[]> {
  const looks: [string, () => Finding[] | Promise<Finding[]>][] = [
    ['hearth', () => [ok('hearth', `${VERSION} on Bun ${Bun.version}, ${process.platform} ${process.arch}`)]],
    ['data directory', () => examineData(deps)],
    ['database', () => examineDatabase(deps)],
    ['temporary files', () => examineTemporary(deps.tmp)],
    ['devices', async () => examineDevices(await deps.devices(), deps.watch)],
    ['engines', () => examineEngines(deps.config.data)],
    ['models', () => examineModels(deps)],
    ['providers', () => (deps.providers ? examineProviders(deps.providers) : [])],
    ['sandbox', async () => (deps.sandbox ? [await examineSandbox(deps.sandbox)] : [])],
    ['git', () => [examineGit(findGit())]],
    ['port', () => examinePort(deps)],
  ]
  return (await Promise.all(looks.map(([name, look]) => looked(name, look)))).flat()
}

async function looked(name: string, look: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look()
  } catch (thrown) {
    const error = explainStorage(thrown)
    return [bad(name, error instanceof DomainError ? error.message : `could not be looked at: ${String(error)}`)]
  }
}

async function examineSandbox(sandbox: Pick<Sandbox, 'available'>): Promise<Finding> {
  const found = await sandbox.available()
  if ('refused' in found) return warn('sandbox', found.refused)
  return ok('sandbox', `${found.kind}: what was generated can be built, tested and run`)
}

function examineGit(program: string | null): Finding {
  if (program) return ok('git', `${program}: projects can be cloned`)
  return warn('git', 'not installed: projects can’t be cloned. Install it if you want that.')
}

function examineModels({ config, models }: DoctorDeps): Finding[] {
  const providers = models.providers()
  const { provider, model } = models.chain('write', config.model)[0]!
  const others = providers.filter((one) => one !== provider).map((one) => one.label)
  const also = others.length > 0 ? `; also ${others.join(', ')}` : ''
  if (provider.demo) return [warn('model', `${provider.label}${also}`)]
  return [ok('model', `${provider.label} (${model})${also}, of ${plural(providers.length, 'provider')}`)]
}
