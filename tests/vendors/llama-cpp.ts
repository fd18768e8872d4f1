import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { tinyModel } from './tiny-model.ts'

/** The program: named by `LLAMA_SERVER`, or found on the PATH. */
export const LLAMA_SERVER = process.env.LLAMA_SERVER ?? Bun.which('llama-server') ?? undefined

export interface LlamaServer extends AsyncDisposable {
  url: string
}

/** Starts llama.cpp's own server with a model of random weights, in a folder of its own. */
export async function startLlama({ apiKey }: { apiKey: string }): Promise<LlamaServer> {
  const folder = temporaryFolder()
  const model = join(folder.path, 'tiny.gguf')
  writeFileSync(model, tinyModel())
  const port = freePort()
  const settings = ['--model', model, '--alias', 'tiny', '--host', '127.0.0.1', '--port', String(port)]
  const limits = ['--parallel', '1', '--threads', '1', '--seed', '1']
  const child = Bun.spawn([LLAMA_SERVER!, ...settings, ...limits, '--api-key', apiKey], {
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  const url = `http://127.0.0.1:${port}`
  const isUp = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(isUp, 'that llama-server answers')
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
      folder[Symbol.dispose]()
    },
  }
}

function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = server
  server.stop(true)
  return port
}
