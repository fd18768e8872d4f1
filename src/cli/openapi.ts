import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../app.ts'
import { VERSION } from '../ops/version.ts'
import { openApiOf } from '../web/openapi.ts'
import { type Cli, saying, takesNothing } from './io.ts'

const CPU = { id: 'cpu', name: 'CPU', kind: 'cpu', totalBytes: 0, freeBytes: 0 } as const

/** `hearth openapi`: the API as an OpenAPI document. Needs no server: the app is built on a folder that goes again. */
export async function run(args: string[], io: Cli): Promise<number> {
  if (args.length > 0) return takesNothing('openapi', io)
  const data = mkdtempSync(join(tmpdir(), 'hearth-openapi-'))
  try {
    return await saying(io, async () => {
      const databaseUrl = `file:${join(data, 'hearth.db')}`
      await using built = await createApp({ ...io.config, data, databaseUrl, log: 'error' }, { devices: [CPU] })
      io.out(JSON.stringify(openApiOf(built.app.routes, VERSION), null, 2))
      return 0
    })
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}
