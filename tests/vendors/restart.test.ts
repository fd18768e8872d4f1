import { expect, test } from 'bun:test'
import { readServer } from '../../src/accounts/local.ts'
import { type Client, openClient } from '../support/client.ts'
import { dataDirectory, startServer } from '../support/server.ts'
import { anthropicWire } from './anthropic.ts'
import { geminiWire } from './gemini.ts'
import { ollamaWire } from './ollama.ts'
import { openaiWire } from './openai.ts'
import { slowWriter } from './slow-writer.ts'
import { vendorServer, type Wire } from './wire.ts'

/** Who can be asked, and the settings that lead there. */
const VENDORS: { model: string; wire: Wire; settings(url: string): Record<string, string> }[] = [
  {
    model: 'anthropic/claude-sonnet-5-5',
    wire: anthropicWire,
    settings: (url) => ({ ANTHROPIC_API_KEY: 'sk-ant-1234567890', ANTHROPIC_BASE_URL: url }),
  },
  {
    model: 'openai/gpt-6-sol',
    wire: openaiWire,
    settings: (url) => ({ OPENAI_API_KEY: 'sk-1234567890', OPENAI_BASE_URL: url }),
  },
  {
    model: 'xai/grok-4.6',
    wire: openaiWire,
    settings: (url) => ({ XAI_API_KEY: 'xai-1234567890', XAI_BASE_URL: url }),
  },
  {
    model: 'google/gemini-3.8-flash',
    wire: geminiWire,
    settings: (url) => ({ GEMINI_API_KEY: 'AIza1234567890', GEMINI_BASE_URL: url }),
  },
  { model: 'compatible/local-model', wire: openaiWire, settings: (url) => ({ COMPATIBLE_BASE_URL: url }) },
  { model: 'ollama/qwen3:8b', wire: ollamaWire(), settings: (url) => ({ OLLAMA_HOST: url }) },
]

const PATH = 'story.txt'
const FILE = Array.from(
  { length: 600 },
  (_, i) => `${i + 1}. What the ${i + 1}th guest said at the inn, word for word.\n`,
).join('')
const BYTES_PER_SECOND = 4_096
/** What may be ahead of the disk: the default of `HEARTH_FLUSH_MS`. */
const FLUSH_S = 2
/** What is on its way between the two processes, and in the buffers of both, on a busy machine. */
const ON_THE_WAY_S = 1
/** A piece of a line at the end, and the whole one that the continuation begins with. */
const JOINT_BYTES = 200
const KILLED_AT = 16_000
const TEST_MS = 60_000

test(
  'killed while each vendor’s model writes, Hearth has the rest written and pays again for 3 s of text at most',
  async () => {
    await using vendors = await openVendors()
    using directory = dataDirectory()
    const env = { ...vendors.settings, HEARTH_WRITERS: String(VENDORS.length) }
    const start = async () => {
      const server = await startServer({ data: directory.path, env })
      const { url, secret } = readServer(directory.path)!
      return { server, client: openClient(url, secret) }
    }

    const first = await start()
    const projects = await Promise.all(VENDORS.map(({ model }) => begin(first.client, model)))
    await vendors.until(KILLED_AT)
    await first.server.kill()
    const paid = vendors.writers.map(({ sent }) => sent)

    const second = await start()
    await using _ = second.server
    await Promise.all(projects.map((id) => over(second.client, id)))
    for (const [i, id] of projects.entries()) {
      const { sent, asked } = vendors.writers[i]!
      const twice = sent - FILE.length
      console.log(`  ${VENDORS[i]!.model}: ${twice} of ${paid[i]} bytes paid for twice`)
      expect(await (await second.client.request(`/api/projects/${id}/files/${PATH}`)).text()).toBe(FILE)
      expect(asked).toBe(2)
      expect(twice).toBeGreaterThan(0)
      expect(twice).toBeLessThan((FLUSH_S + ON_THE_WAY_S) * BYTES_PER_SECOND + JOINT_BYTES)
    }
  },
  TEST_MS,
)

async function openVendors() {
  const writers = VENDORS.map(() => slowWriter({ path: PATH, file: FILE, bytesPerSecond: BYTES_PER_SECOND }))
  const servers = VENDORS.map(({ wire }, i) => vendorServer(wire, writers[i]!.script))
  return {
    writers,
    settings: Object.assign({}, ...VENDORS.map(({ settings }, i) => settings(servers[i]!.url))) as Record<
      string,
      string
    >,
    /** Resolves when each has sent so much. */
    async until(bytes: number) {
      while (writers.some(({ sent }) => sent < bytes)) await Bun.sleep(20)
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server[Symbol.asyncDispose]()
    },
  }
}

async function begin(client: Client, model: string): Promise<string> {
  const response = await client.post('/api/projects', { brief: `A long story, by ${model}`, model })
  expect(response.status).toBe(201)
  return ((await response.json()) as { project: { id: string } }).project.id
}

async function over(client: Client, project: string): Promise<void> {
  using reading = await client.follow(`/api/projects/${project}/events`)
  await reading.until(({ type }) => type === 'end', 'its end')
}
