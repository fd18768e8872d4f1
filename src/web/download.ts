import type { Log } from '../log.ts'

/** The same bytes for a response. What fails cuts it and goes to the log: the runtime would print the error, stack and all. */
export function download(bytes: ReadableStream<Uint8Array>, log: Log): ReadableStream<Uint8Array> {
  const reader = bytes.getReader()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        log.error('a download has failed', { error })
        controller.error()
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
