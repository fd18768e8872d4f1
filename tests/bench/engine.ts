import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import type { Handler, JobContext } from '../../src/jobs/handler.ts'

const CHUNK_BYTES = 500

export interface BenchApp extends AsyncDisposable {
  app: App
  data: string
}

export interface BenchOptions {
  handlers: Handler[]
  lanes: Record<string, number>
  /** A data directory that outlives the app. */
  data?: string
}

/** The whole product in this process, on the system's clock, with kinds of jobs that do what a benchmark needs. */
export async function benchApp({ handlers, lanes, data }: BenchOptions): Promise<BenchApp> {
  const place = data ?? mkdtempSync(join(tmpdir(), 'hearth-bench-'))
  const config = readConfig({ HEARTH_DATA: place, HEARTH_PORT: '0', HEARTH_PREVIEW_PORT: '0', HEARTH_LOG: 'error' })
  const app = await createApp(config, { devices: [cpuDevice()], handlers, lanes })
  return {
    app,
    data: place,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      if (data === undefined) rmSync(place, { recursive: true, force: true })
    },
  }
}

/** Does nothing. */
export const noop: Handler = { kind: 'noop', lane: 'noop', run: async () => ({ result: {} }) }

/** Says nothing until it is stopped. */
export const quiet: Handler = {
  kind: 'quiet',
  lane: 'quiet',
  run: ({ signal }: JobContext<unknown>) => aborted(signal),
}

/** Makes text until it is stopped: 500 bytes each time, so that each is one `delta` and one `progress`. */
export function talker(chunksPerSecond: number): Handler {
  const text = `${'x'.repeat(CHUNK_BYTES - 1)}\n`
  return {
    kind: 'talk',
    lane: 'talk',
    async run({ delta, replaceText, signal }: JobContext<unknown>) {
      let said = 0
      const timer = setInterval(() => {
        if (++said % 200 === 0) replaceText('') // a file is some 100 KB at most
        delta(text)
      }, 1_000 / chunksPerSecond)
      return aborted(signal).finally(() => clearInterval(timer))
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
