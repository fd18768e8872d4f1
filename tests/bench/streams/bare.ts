// What the runtime can do by itself: one buffer, encoded once, written to each stream at a steady pace.
const { linesPerSecond, bytes } = JSON.parse(process.argv[2]!) as { linesPerSecond: number; bytes: number }
const line = new TextEncoder().encode(`${JSON.stringify({ type: 'delta', text: 'x'.repeat(bytes) })}\n`)
const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 30,
  fetch() {
    let mine: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        mine = controller
        streams.add(controller)
        controller.enqueue(line)
      },
      cancel: () => void streams.delete(mine),
    })
    return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
  },
})
setInterval(() => {
  for (const stream of streams) stream.enqueue(line)
}, 1_000 / linesPerSecond)
console.log(JSON.stringify({ port: server.port, secret: '', paths: ['/'] }))
