// A server whose streams fail at once, and whose log goes to standard error, as the real one's does.
import { openLog } from '../../src/log.ts'
import { download } from '../../src/web/download.ts'
import { streamOf } from '../../src/web/stream.ts'

const log = openLog('info')
const fail = () => Promise.reject(new Error('the disk is gone'))
const server = Bun.serve({
  port: 0,
  development: false,
  fetch: ({ url }) =>
    url.endsWith('/download')
      ? new Response(download(new ReadableStream({ pull: fail }), log))
      : streamOf('application/x-ndjson', { add() {}, delete() {} }, log, (outlet) => {
          fail().catch((error) => outlet.fail(error))
          return { stop() {} }
        }),
})
console.log(server.port)
