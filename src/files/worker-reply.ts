/** What a Worker answers to a request, by its id. Undefined when the Worker failed, ended or went silent. */
export function workerReply<Request extends { id: number }, Reply extends { id: number }>(
  worker: Worker,
  request: Request,
  ms: number,
): Promise<Reply | undefined> {
  const { promise, resolve } = Promise.withResolvers<Reply | undefined>()
  const late = setTimeout(resolve, ms)
  const listening = new AbortController()
  const on = { signal: listening.signal }
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => data.id === request.id && resolve(data), on)
  worker.addEventListener('error', () => resolve(undefined), on)
  worker.addEventListener('close', () => resolve(undefined), on)
  worker.postMessage(request)
  return promise.finally(() => {
    clearTimeout(late)
    listening.abort()
  })
}
