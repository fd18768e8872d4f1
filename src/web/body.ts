import { Elysia } from 'elysia'
import { Invalid } from '../errors.ts'

const MIB = 1024 * 1024

/** A body that is larger than this server takes. */
export class TooLarge extends Invalid {
  override name = 'TooLarge'
  constructor(limit: number) {
    super('too_large', `That is too much at once: at most ${limit / MIB} MB. Send less.`, { context: { limit } })
  }
}

export interface BodyOptions {
  /** The most bytes that a body may have; 1 MiB when not said. */
  limit?: number
  /** Another limit for some requests (uploads); undefined keeps the usual one. */
  limitFor?: (request: Request) => number | undefined
}

/**
 * Reads JSON and form bodies for all routes, up to a limit that also holds when no length is announced.
 * @throws TooLarge (413), Invalid `bad_json` (400).
 */
export function bodies({ limit = MIB, limitFor = () => undefined }: BodyOptions = {}) {
  const limitOf = (request: Request) => limitFor(request) ?? limit
  return new Elysia({ name: 'bodies' })
    .onRequest(({ request }) => {
      if (Number(request.headers.get('content-length')) > limitOf(request)) throw new TooLarge(limitOf(request))
    })
    .onParse({ as: 'global' }, async ({ request, contentType }) => {
      if (/^application\/([\w.-]+\+)?json$/.test(contentType))
        return parseJson(await readLimited(request, limitOf(request)))
      if (contentType === 'application/x-www-form-urlencoded')
        return parseForm(await readLimited(request, limitOf(request)))
    })
}

async function readLimited(request: Request, limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > limit) throw new TooLarge(limit)
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own words would quote what was sent.
    throw new Invalid('bad_json', 'The body is not valid JSON. Check its quotes, commas and brackets.')
  }
}

/** A name sent once is a string, sent more often an array. */
function parseForm(text: string): Record<string, string | string[]> {
  const form = new URLSearchParams(text)
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name)
      return [name, values.length === 1 ? values[0]! : values]
    }),
  )
}
