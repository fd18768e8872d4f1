// What the runtime can do by itself: one buffer of some lines, encoded once, written to each stream at a steady pace.
const { buffersPerSecond, lines, bytes } = JSON.parse(process.argv[2]!) as Record<string, number>
const one = `${JSON.stringify({ type: 'delta', text: 'x'.repeat(bytes!) })}\n`
const buffer = new TextEncoder().encode(one.repeat(lines!))
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
        controller.enqueue(buffer)
      },
      cancel: () => void streams.delete(mine),
    })
    return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
  },
})
setInterval(() => {
  for (const stream of streams) stream.enqueue(buffer)
}, 1_000 / buffersPerSecond!)
console.log(JSON.stringify({ port: server.port, secret: '', paths: ['/'] }))
