import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { cpuDevice } from '../../../src/gpu/devices.ts'

/** The models of the whole product, with Anthropic's at `url`. */
export async function openModels(url: string) {
  const data = mkdtempSync(join(tmpdir(), 'hearth-bench-'))
  const settings = {
    ANTHROPIC_API_KEY: 'sk-ant-bench-key',
    ANTHROPIC_BASE_URL: url,
    HEARTH_LOG: 'error',
    HEARTH_DATA: data,
    HEARTH_PORT: '0',
    HEARTH_PREVIEW_PORT: '0',
  }
  const app = await createApp(readConfig(settings), { devices: [cpuDevice()] })
  return { ...app, chain: app.models.chain('write', 'anthropic/claude-sonnet-5-5').slice(0, 1) }
}
