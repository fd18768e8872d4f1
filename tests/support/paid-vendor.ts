import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A vendor that plans as many small files as it was made for, writes each, and counts as it likes. Runs in Node and Bun. */
export interface PaidVendor extends AsyncDisposable {
  url: string
  /** Answers that were asked for. */
  readonly asked: number
}

const INPUT = 1_000
/** What it says that each call took: 1,000 tokens of input, 400 of these from its cache, and 500 of output. */
const COUNTS = { input_tokens: 600, cache_read_input_tokens: 400, cache_creation_input_tokens: 0, output_tokens: 1 }
const OUTPUT = 500

/** Speaks as much of Anthropic's protocol as the main job needs. */
export async function paidVendor(files = 2): Promise<PaidVendor> {
  let asked = 0
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (request.url!.includes('count_tokens')) {
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end(JSON.stringify({ input_tokens: INPUT }))
    }
    asked++
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const event = (type: string, data: object) =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    event('message_start', { message: { id: 'msg_1', role: 'assistant', content: [], usage: COUNTS } })
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: answerTo(body, files) } })
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: OUTPUT } })
    event('message_stop', {})
    response.end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** One answer for each pass of the planner: whoever asks takes what it asked for. */
function answerTo(body: string, files: number): string {
  const sentinel = /<<<END hearth:[\w-]+>>>/.exec(body)?.[0]
  if (sentinel) return `A note.\n${sentinel}\n`
  const tasks = Array.from({ length: files }, (_, i) => ({
    id: `note-${i}`,
    parent: null,
    title: `Note ${i + 1}`,
    kind: 'write',
    path: `notes/${i + 1}.md`,
    prompt: 'A note.',
    width: null,
    height: null,
    dependsOn: i === 0 ? [] : [`note-${i - 1}`],
  }))
  return JSON.stringify({ title: 'Two notes', summary: 'They are short.', parts: [], tasks, changes: [] })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
