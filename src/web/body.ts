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
  /** Another limit for some requests; undefined keeps the usual one. */
  limitFor?: (request: Request) => number | undefined
  /** Requests whose route reads the body itself, as it arrives, up to a limit of its own. */
  leaves?: (request: Request) => boolean
}

/**
 * Reads JSON and form bodies for the routes that come after, up to a limit that also holds when no length is announced.
 * @throws TooLarge (413), Invalid `bad_json` (400).
 */
export function bodies({ limit = MIB, limitFor = () => undefined, leaves = () => false }: BodyOptions = {}) {
  const limitOf = (request: Request) => limitFor(request) ?? limit
  return new Elysia()
    .onRequest(({ request }) => {
      if (leaves(request)) return
      if (Number(request.headers.get('content-length')) > limitOf(request)) throw new TooLarge(limitOf(request))
    })
    .onParse({ as: 'scoped' }, async ({ request, contentType }) => {
      if (leaves(request)) return null
      const text = await readLimited(request, limitOf(request))
      const type = contentType.toLowerCase()
      if (/^application\/([\w.-]+\+)?json$/.test(type)) return parseJson(text)
      if (type === 'application/x-www-form-urlencoded') return parseForm(text)
      if (text !== '') throw notOurs()
      return null // nothing was sent, and the framework must not read it again, without a limit
    })
}

async function readLimited(request: Request, limit: number): Promise<string> {
  return new TextDecoder().decode(await bytesOf(request, limit))
}

/** The whole body as it came, for a route that reads it itself. @throws TooLarge as soon as it is longer */
export async function bytesOf(request: Request, limit: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length')) > limit) throw new TooLarge(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > limit) throw new TooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function notOurs(): Invalid {
  return new Invalid(
    'bad_body',
    'Hearth reads bodies of the types application/json and application/x-www-form-urlencoded.',
  )
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

/** A name sent once is a string, sent more often an array. One pass: a megabyte may hold 150 000 names. */
function parseForm(text: string): Record<string, string | string[]> {
  const form = Map.groupBy(new URLSearchParams(text), ([name]) => name)
  return Object.fromEntries(
    [...form].map(([name, pairs]) => [name, pairs.length === 1 ? pairs[0]![1] : pairs.map(([, value]) => value)]),
  )
}
