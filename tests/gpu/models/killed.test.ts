import { expect, test } from 'bun:test'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readServer } from '../../../src/accounts/local.ts'
import { openClient } from '../../support/client.ts'
import { fileServer, someBytes } from '../../support/file-server.ts'
import { dataDirectory, startServer } from '../../support/server.ts'
import { SHAPES, safetensors } from '../../support/weights.ts'

const MIB = 1024 ** 2
const BYTES = Buffer.concat([safetensors(SHAPES.sd15), someBytes(12 * MIB)])
const SHA256 = new Bun.CryptoHasher('sha256').update(BYTES).digest('hex')

const profile = (url: string) => `
id = "sd15/killed"
label = "Killed"
family = "sd15"
format = "safetensors"
engines = ["diffusers"]
files = [{ path = "m.safetensors", part = "checkpoint", url = "${url}/m", sha256 = "${SHA256}", bytes = ${BYTES.length} }]
licence = { id = "mit", name = "MIT", terms = "Keep the notice." }
tiers = { low = { vramBytes = 1 } }
`

test('a server that is killed in the middle of a download goes on with it, and asks for no byte that it has', async () => {
  using data = dataDirectory()
  await using files = await fileServer({ '/m': { bytes: BYTES, holdAfter: 8 * MIB } })
  mkdirSync(join(data.path, 'catalogue'))
  writeFileSync(join(data.path, 'catalogue/killed.toml'), profile(files.url))
  const options = { data: data.path, env: { HEARTH_MODEL_HOSTS: files.host } }
  const part = join(data.path, 'models/sd15/.part-killed/m.safetensors.part')
  let job: string
  {
    await using server = await startServer(options)
    const client = openClient(server.url, readServer(data.path)!.secret)
    const response = await client.post('/api/gpu/models/sd15/killed/download', { acceptLicence: true })
    // biome-ignore lint/suspicious/noExplicitAny: an answer
    job = ((await response.json()) as any).job.id
    while (Bun.file(part).size < 4 * MIB) await Bun.sleep(5)
    await server.kill()
  }
  const there = statSync(part).size
  expect(there).toBeGreaterThanOrEqual(4 * MIB)
  delete files.files['/m']!.holdAfter
  await using server = await startServer(options)
  const client = openClient(server.url, readServer(data.path)!.secret)
  using reading = await client.follow(`/api/jobs/${job}/events`)
  await reading.until(({ type }) => type === 'job.succeeded')
  expect(files.asked.map(({ range }) => range)).toEqual([undefined, `bytes=${there}-`])
  expect(files.asked[1]!.sent).toBe(BYTES.length - there)
  expect(Buffer.compare(readFileSync(join(data.path, 'models/sd15/killed/m.safetensors')), BYTES)).toBe(0)
  expect((await client.json('/api/gpu/models/sd15/killed')).model.installed).toMatchObject({
    sha256: SHA256,
    ours: true,
  })
})
