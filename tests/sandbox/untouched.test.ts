import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { openClient } from '../support/client.ts'
import { dataDirectory, startServer } from '../support/server.ts'
import { ATTACK_FILES, commandLines } from './support.ts'

const SECRET = 'a-secret-of-the-server-4712'
/** The longest that the server may keep somebody waiting while code is at its worst, ms. */
const PATIENCE_MS = 3_000

test('a server stays up, answers and keeps its data to itself while all attacks run in it at once', async () => {
  using data = dataDirectory()
  await using server = await startServer({ data: data.path, env: { OPENAI_API_KEY: SECRET } })
  const client = openClient(server.url, JSON.parse(readFileSync(join(data.path, 'server.json'), 'utf8')).secret)
  const { port } = new URL(server.url)
  const project = await imported(client)
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)
  const health = watchHealth(server.url)
  const commands = [
    `python3 -u network.py ${port} ${address?.address ?? '127.0.0.2'} hearth`,
    `python3 -u host_files.py ${data.path}`,
    'python3 -u writing.py',
    `python3 -u privileges.py ${server.pid}`,
    'python3 -u leaving.py',
    'python3 -u swapping.py /etc/passwd',
    'python3 -u leftovers.py',
    `python3 -c 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass'`,
    'for i in 1 2 3 4 5 6 7 8; do python3 -c "x = b\'x\' * 400_000_000; import time; time.sleep(9)" & done; wait',
    'yes $(printf "\\\\033[31m\\\\377")',
    'i=0; while :; do i=$((i+1)); : > f$i; done',
    'head -c 9999999999 /dev/zero > big; head -c 9999999999 /dev/zero > /tmp/big',
  ]
  const jobs = await Promise.all(commands.map((command) => start(client, project, command)))
  const done = await Promise.all(jobs.map((job) => ended(client, job)))
  const { longest, failed } = await health.stop()

  for (const [at, { state, result }] of done.entries()) {
    expect([commands[at], state]).toEqual([commands[at], state === 'failed' ? 'failed' : 'succeeded'])
    const said = (result?.output ?? '').split('\n')
    expect(said.filter((line: string) => line.startsWith('ESCAPED'))).toEqual([])
    if (at < 4) expect(said.at(-2)).toBe('done')
  }
  expect(failed).toBe(0)
  expect(longest).toBeLessThan(PATIENCE_MS)
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
  expect(statSync(`/proc/${server.pid}`).isDirectory()).toBe(true)
  expect(commandLines().filter((line) => /network\.py|privileges\.py|61\.75/.test(line))).toEqual([])
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(200)
}, 120_000)

type Client = ReturnType<typeof openClient>

/** A project of its own with the programs that try to get out. */
async function imported(client: Client): Promise<string> {
  const files = [...ATTACK_FILES, { path: 'mark', content: SECRET.slice(0, -1) }]
  const body = zipSync(Object.fromEntries(files.map(({ path, content }) => [path, strToU8(content)])))
  const headers = { 'content-type': 'application/zip' }
  const response = await client.request('/api/imports', {
    method: 'POST',
    headers,
    body: body as Uint8Array<ArrayBuffer>,
  })
  const answer = (await response.json()) as { project: string }
  if (response.status !== 201) throw new Error(JSON.stringify(answer))
  return answer.project
}

async function start(client: Client, project: string, command: string): Promise<string> {
  const response = await client.post(`/api/projects/${project}/executions`, {
    command,
    seconds: 3,
    keeps: !/yes|big|fork/.test(command),
  })
  const { job } = (await response.json()) as { job: { id: string } }
  return job.id
}

/** The job at its end; what is asked first is said yes to. */
async function ended(client: Client, id: string) {
  using reading = await client.follow(`/api/jobs/${id}/events`)
  await reading.until(({ type }) => ['job.held', 'job.succeeded', 'job.failed'].includes(type))
  if ((await client.json(`/api/jobs/${id}`)).job.state === 'held') {
    await client.post(`/api/jobs/${id}/retry`)
    await reading.until(({ type }) => ['job.succeeded', 'job.failed'].includes(type))
  }
  return (await client.json(`/api/jobs/${id}`)).job
}

/** Asks whether the server is well, over and over, as whoever watches over it would. */
function watchHealth(url: string) {
  let going = true
  const seen = { longest: 0, failed: 0 }
  const over = (async () => {
    while (going) {
      const began = performance.now()
      const answer = await fetch(`${url}/health/live`).catch(() => null)
      if (answer?.status !== 200) seen.failed++
      seen.longest = Math.max(seen.longest, performance.now() - began)
      await Bun.sleep(20)
    }
  })()
  return {
    async stop() {
      going = false
      await over
      return seen
    },
  }
}
