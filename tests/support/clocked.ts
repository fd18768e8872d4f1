import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readServer } from '../../src/accounts/local.ts'
import { type Client, openClient, type Reading } from './client.ts'
import { dataDirectory, type RunningServer, startServer } from './server.ts'

/** The real server as a child process, with a clock that a test sets. */
export interface Clocked extends AsyncDisposable {
  data: string
  server: RunningServer
  client: Client
  /** From now on its clock is off by this, ms. */
  setClock(byMs: number): void
  /** Submits a project that takes two seconds, and reads along. */
  begin(): Promise<Watched>
}

export interface Watched {
  project: string
  job: string
  reading: Reading
}

const SETTINGS = { HEARTH_DEMO_BYTES_PER_SECOND: '8000', HEARTH_SKETCH_STEP_MS: '60', HEARTH_FLUSH_MS: '100' }

export async function clockedServer(env: Record<string, string> = {}): Promise<Clocked> {
  const directory = dataDirectory()
  const file = join(directory.path, 'clock')
  const server = await startServer({
    data: directory.path,
    env: { ...SETTINGS, CLOCK_FILE: file, HEARTH_LOG: 'silent', ...env },
    command: ['bun', join(import.meta.dir, 'clocked-server.ts')],
  })
  const { url, secret } = readServer(directory.path)!
  const client = openClient(url, secret)
  return {
    data: directory.path,
    server,
    client,
    setClock(byMs) {
      writeFileSync(`${file}.new`, String(byMs))
      renameSync(`${file}.new`, file) // at no moment is it half-written
    },
    async begin() {
      const response = await client.post('/api/projects', { brief: 'a small thing', tier: 'low' })
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
      const { project, job } = (await response.json()) as { project: { id: string }; job: { id: string } }
      const reading = await client.follow(`/api/projects/${project.id}/events`)
      return { project: project.id, job: job.id, reading }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      directory[Symbol.dispose]()
    },
  }
}
