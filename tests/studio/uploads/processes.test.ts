import { expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Client, openClient } from '../../support/client.ts'
import { dataDirectory, type RunningServer, startServer } from '../../support/server.ts'

setDefaultTimeout(60_000)

const MIB = 2 ** 20
const SENT_MB = 256
/** What a server may take more while it reads them: far less than a file, and more than its collector leaves lying about. */
const MORE_AT_MOST_MB = 128

function clientOf(server: RunningServer, data: string): Client & { secret: string } {
  const { secret } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8'))
  return { ...openClient(server.url, secret), secret }
}

async function newProject(client: Client): Promise<string> {
  const made = await client.post('/api/projects', { brief: 'x', tier: 'low', autorun: false })
  return (await made.json()).project.id
}

test(`${SENT_MB} MB go through a server that never holds them`, async () => {
  using data = dataDirectory()
  await using server = await startServer({ data: data.path })
  const client = clientOf(server, data.path)
  const project = await newProject(client)
  const piece = crypto.getRandomValues(new Uint8Array(MIB))
  let sent = 0
  const body = new ReadableStream({
    pull(controller) {
      if (sent === SENT_MB) return controller.close()
      controller.enqueue(piece.with(0, sent++))
    },
  })
  const before = megabytes(server.pid, 'VmRSS')
  const response = await client.request(`/api/projects/${project}/uploads?name=large.bin`, { method: 'POST', body })
  const more = megabytes(server.pid, 'VmHWM') - before
  expect([response.status, (await response.json()).files[0].bytes]).toEqual([201, SENT_MB * MIB])
  expect(more).toBeLessThan(MORE_AT_MOST_MB)
})

test('a server that is killed in the middle of an upload has nothing of it when it starts again', async () => {
  using data = dataDirectory()
  const scratch = () => readdirSync(join(data.path, 'uploads'))
  let project: string
  {
    await using server = await startServer({ data: data.path })
    const client = clientOf(server, data.path)
    project = await newProject(client)
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname).on('error', () => {})
    const head = `POST /api/projects/${project}/uploads?name=a HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer local_${client.secret}`
    socket.write(`${head}\r\ncontent-length: 9000000\r\n\r\n`)
    socket.write(new Uint8Array(500_000))
    while (scratch().length === 0) await Bun.sleep(5)
    await server.kill()
    expect(scratch().length).toBe(1)
  }
  await using again = await startServer({ data: data.path })
  expect(scratch()).toEqual([])
  expect((await clientOf(again, data.path).json(`/api/projects/${project}`)).files).toEqual([])
})

function megabytes(pid: number, what: string): number {
  const kb = new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kb) / 1024
}
