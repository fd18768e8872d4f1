import { expect, test } from 'bun:test'
import { systemClock } from '../../src/clock.ts'
import { openBreakers } from '../../src/jobs/breaker.ts'
import { around } from '../../src/llm/around.ts'
import { writeFile } from '../../src/llm/write-file.ts'
import { silent } from '../support/database.ts'
import { testEngine } from '../support/jobs.ts'
import { VENDORS, type VendorName } from './stack.ts'
import { type Script, type VendorServer, vendorServer } from './wire.ts'

const PATH = 'story.txt'
const END = '<<<END hearth:00000001>>>'
const LINES = Array.from({ length: 120 }, (_, i) => `${i + 1}. What the ${i + 1}th guest said — “né”.\n`)
const FILE = LINES.join('')

/** Each writes to its line, then breaks off, and has no more to give. */
const LEGS: [VendorName, number][] = [
  ['anthropic', 20],
  ['openai', 40],
  ['google', 60],
  ['ollama', 80],
  ['xai', 100],
]

test('a file is handed from vendor to vendor, each by its own protocol, and comes out whole', async () => {
  await using engine = await testEngine()
  await using servers = new AsyncDisposableStack()
  const breakers = openBreakers({ ...engine, events: engine.deps.events, now: engine.clock.now, log: silent })
  const clock = { ...systemClock, random: () => 0 }
  const stand = (name: VendorName, ...scripts: Script[]) => {
    const server: VendorServer = servers.use(vendorServer(VENDORS[name].wire, ...scripts))
    const provider = around({ breakers, clock }, VENDORS[name].open(server.url))
    return { provider, model: provider.defaultModel }
  }
  const chain = LEGS.map(([name, until]) =>
    stand(
      name,
      (reply, request) => {
        reply.text(LINES.slice(lastLine(request.body) - 1, until).join(''))
        reply.text(LINES[until]!.slice(0, 9))
        reply.close()
      },
      (reply) => reply.fail(401),
    ),
  )
  chain.push(
    stand('compatible', (reply, request) => {
      reply.text(`${LINES.slice(lastLine(request.body) - 1).join('')}${END}\n`)
      reply.finish()
    }),
  )

  let shown = ''
  const switches: string[] = []
  const written = await writeFile(
    { chain, newId: () => 'x00000001' },
    {
      system: 'You write.',
      messages: [{ role: 'user', content: 'Write.' }],
      maxOutputTokens: 4_000,
      task: { kind: 'write', brief: 'b', path: PATH },
    },
    {
      onText(delta) {
        shown += delta
        expect(FILE.startsWith(shown)).toBe(true)
      },
      onRestart(text) {
        shown = text
      },
      onSwitch: ({ from, to, line }) => void switches.push(`${from.provider.name} > ${to.provider.name} at ${line}`),
    },
    new AbortController().signal,
  )
  expect(written.text).toBe(FILE)
  expect(shown).toBe(FILE)
  expect(switches).toEqual([
    'anthropic > openai at 21',
    'openai > google at 41',
    'google > ollama at 61',
    'ollama > xai at 81',
    'xai > local at 101',
  ])
  expect(written.parts.map(({ provider, bytes }) => [provider, bytes])).toEqual(
    [...LEGS.map(([name]) => name), 'local'].map((name, i) => [
      name,
      Buffer.byteLength(LINES.slice(i * 20, (i + 1) * 20).join('')),
    ]),
  )
}, 60_000)

/** The line that a request asks to repeat first; 1 when it asks for the whole file. */
function lastLine(body: unknown): number {
  return Number(/First repeat line (\d+)/.exec(JSON.stringify(body))?.[1] ?? 1)
}
