import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import type { Overrides } from '../../../src/engines.ts'
import { cpuDevice } from '../../../src/gpu/devices.ts'
import type { FileAsk } from '../../../src/llm/write-file.ts'

export const MODEL = 'claude-sonnet-5-5'

let asked = 0

/** A question for one file; each is another one, so that none is answered from memory. */
export function question(): FileAsk {
  return {
    system: 'You write.',
    messages: [{ role: 'user', content: `Write number ${++asked}.` }],
    maxOutputTokens: 1_000,
    task: { kind: 'write', brief: 'x', path: 'a.ts' },
  }
}

/** The whole product, and its way to Anthropic's models at `url`. */
export async function openModels(url: string, overrides: Overrides = {}) {
  const config = readConfig({
    ANTHROPIC_API_KEY: 'sk-ant-bench-key',
    ANTHROPIC_BASE_URL: url,
    HEARTH_DATA: mkdtempSync(join(tmpdir(), 'hearth-bench-')),
    HEARTH_LOG: 'error',
    HEARTH_PORT: '0',
    HEARTH_PREVIEW_PORT: '0',
  })
  const app = await createApp(config, { devices: [cpuDevice()], ...overrides })
  return { ...app, chain: app.models.chain('write', `anthropic/${MODEL}`).slice(0, 1) }
}
