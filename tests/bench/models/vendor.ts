// A vendor's server that speaks the Messages protocol in a process of its own. It answers with one file of the wanted size, as fast as it is read, or
// waits and then says one thing, in which it tells when it did.
const PIECE = 'const total = lines.reduce((sum, line) => sum + 1, 0)\n'

export interface VendorOptions {
  /** Characters of each answer. */
  characters: number
  /** ms before the first text; the answer is then a single piece of `characters`, which begins with the time of its sending (ms since the epoch). */
  waitMs?: number
}

const options = JSON.parse(process.argv[2]!) as VendorOptions
const utf8 = new TextEncoder()
const event = (type: string, data: object) =>
  utf8.encode(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
const delta = (text: string) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
const usage = { input_tokens: 10, output_tokens: 1 }
const OPENING = [
  event('message_start', {
    message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage },
  }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
]
const CLOSING = [
  event('content_block_stop', { index: 0 }),
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } }),
  event('message_stop', {}),
]
const pieces = Array.from({ length: Math.ceil(options.characters / PIECE.length) }, () => delta(PIECE))

async function* answer(sentinel: string): AsyncGenerator<Uint8Array> {
  yield* OPENING
  if (options.waitMs === undefined) yield* pieces
  else {
    await Bun.sleep(options.waitMs)
    yield delta(`${performance.timeOrigin + performance.now()} `.padEnd(options.characters - 1, 'x').concat('\n'))
    await Bun.sleep(options.waitMs)
  }
  yield delta(`${sentinel}\n`)
  yield* CLOSING
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const sentinel = (await request.text()).match(/<<<END hearth:[^>]+>>>/g)?.at(-1) ?? ''
    const parts = answer(sentinel)
    const body = new ReadableStream({
      type: 'direct' as never,
      async pull(controller: ReadableStreamDirectController) {
        for await (const part of parts) {
          controller.write(part)
          if (options.waitMs !== undefined) controller.flush()
        }
        controller.close()
      },
    } as never)
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
})
console.log(JSON.stringify({ url: `http://127.0.0.1:${server.port}` }))
