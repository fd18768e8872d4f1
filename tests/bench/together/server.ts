// The real server in a process of its own, with a model that edits files by the conversation's tools. Says where it is, then a line of JSON for each edit.
import { createApp } from '../../../src/app.ts'
import { stopRequested } from '../../../src/cli/stop.ts'
import { readConfig } from '../../../src/config.ts'
import { cpuDevice } from '../../../src/gpu/devices.ts'
import type { Chunk, ModelRequest, Provider } from '../../../src/llm/provider.ts'
import { planOf, scriptedModel } from '../../support/scripted-model.ts'
import { CHANGES, FIRST, PATHS, random } from './text.ts'

const { seed } = JSON.parse(process.argv[2]!) as { seed: number }
const chance = random(seed)
let made = 0

/** Reads a file, and then puts a line of its own in it, or in the place of one. */
async function* talk({ messages }: ModelRequest): AsyncGenerator<Chunk> {
  const last = messages.at(-1)!
  if (last.role !== 'tool') return yield* call('read_file', { path: chance.of(PATHS) })
  const [result] = last.results
  const asked = messages.findLast((message) => message.role === 'assistant' && 'calls' in message)
  const name = asked && 'calls' in asked ? asked.calls?.at(-1)?.name : undefined
  const path = PATHS.find((each) => result?.content.includes(each.replace('.txt', ':'))) ?? PATHS[0]!
  if (name !== 'read_file') {
    yield { type: 'text', text: 'Done.' }
    return yield { type: 'finish', reason: 'stop' }
  }
  const lines = result!.content.split('\n').flatMap((line) => LINE.exec(line)?.[0] ?? [])
  const search = chance.of(lines)
  const line = `agent ${path.replace('.txt', ':')} ${made++}`
  const replace = chance.next() < CHANGES ? line : `${search}\n${line}`
  process.stdout.write(`${JSON.stringify({ path, line, search, replace })}\n`)
  yield* call('edit_file', { path, blocks: [{ search, replace }] })
}

/** A line of one of the files, wherever in an answer it stands. */
const LINE = /(first|ann|bob|agent) file\d: \d+$/

async function* call(name: string, input: object): AsyncGenerator<Chunk> {
  yield { type: 'call', call: { id: `call_${made}`, name, input: JSON.stringify(input) } }
  yield { type: 'finish', reason: 'tools' }
}

const model = scriptedModel({
  demo: false,
  plan: [planOf(PATHS.map((path) => ({ id: path.replace('.txt', ''), path })))],
  files: Object.fromEntries(PATHS.map((path) => [path, [FIRST(path)]])),
})
const provider: Provider = {
  ...model,
  stream: (request, signal) => (request.task.kind === 'chat' ? talk(request) : model.stream(request, signal)),
}
await using app = await createApp(readConfig(process.env), { providers: [provider], devices: [cpuDevice()] })
const { url } = app.listen()
await app.startWork()
process.stdout.write(`${JSON.stringify({ url, secret: app.localSecret })}\n`)
await stopRequested()
