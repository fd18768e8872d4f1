/**
 * The answer with a file's content: all of it, or the one range of bytes that was asked for (RFC 9110, section 14). Bun does this for
 * files on the disk alone. `headers` name the whole content's `etag` and `content-length`.
 */
export function contentResponse(
  request: Request,
  content: Blob,
  headers: Record<string, string> & { etag: string },
): Response {
  const shown = { ...headers, 'accept-ranges': 'bytes' }
  const range = rangeIn(request, headers.etag, content.size)
  if (range === undefined) return new Response(content, { headers: shown })
  if (range === null)
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${content.size}` } })
  const { first, last } = range
  return new Response(content.slice(first, last + 1), {
    status: 206,
    headers: {
      ...shown,
      'content-length': String(last + 1 - first),
      'content-range': `bytes ${first}-${last}/${content.size}`,
    },
  })
}

/** The first and the last byte; null for one that the content does not reach; undefined for none, or one that need not be understood. */
function rangeIn(request: Request, etag: string, size: number): { first: number; last: number } | null | undefined {
  const asked = request.method === 'GET' ? request.headers.get('range') : null
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(asked ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  if ((request.headers.get('if-range') ?? etag) !== etag) return undefined
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined
  return first < size ? { first, last } : null
}
