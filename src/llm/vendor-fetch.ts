import type { VendorFailure } from './failures.ts'

const LINE_AT_MOST = 1_048_576 // bytes; the longest that vendors send, a whole file as a tool's input, are a tenth of it
const ERROR_AT_MOST = 65_536 // bytes read of an answer that says what is wrong
const PIECE_BYTES = 16_384
/** Of an answer that is read whole. Streams that call themselves so are shorter, too. */
const WHOLE_AT_MOST = 64 * 1_048_576
const LF = 10
const NEEDED = ['accept', 'content-type']

/** An answer that no vendor's API gives. `type` is for `vendorError`. */
export class WireFault extends Error {
  override name = 'WireFault'
  constructor(
    readonly type: 'redirected' | 'web_page' | 'line_too_long',
    message: string,
  ) {
    super(message)
  }
}

/** What of `fetch` the vendors' libraries use. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/**
 * `fetch` as the vendors' libraries get it. It follows no redirect, which would take the key and the brief to another address;
 * takes no web page for an answer; reads no error, and no JSON, without end; and breaks off a line that never ends, on which each of
 * those libraries spends quadratic time. @throws WireFault, of which libraries may make the `cause` of an error of theirs
 */
export const vendorFetch: Fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'manual', timeout: false })
  if (response.status >= 300 && response.status < 400) throw redirected(response)
  if (!response.ok) return withWholeError(response)
  const type = response.headers.get('content-type') ?? ''
  if (/\bhtml\b/i.test(type)) throw webPage(response)
  const most = /\/json\b/i.test(type) ? WHOLE_AT_MOST : Number.POSITIVE_INFINITY
  return response.body ? new Response(withShortLines(response.body, most), response) : response
}

/** `vendorFetch` that sends `headers`, and of all others only what the vendor needs: libraries tell of the machine, and add what its environment names. */
export function fetchWith(headers: Record<string, string>): Fetch {
  return (input, init) => {
    const given = new Headers(init?.headers)
    const kept = NEEDED.flatMap((name) => (given.has(name) ? [[name, given.get(name)!] as const] : []))
    return vendorFetch(input, { ...init, headers: { ...Object.fromEntries(kept), ...headers } })
  }
}

/** The fault at the root of what a library threw, if that is one. */
export function wireFault(error: unknown): VendorFailure | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof WireFault) return { type: at.type, said: at.message }
  return undefined
}

function redirected(response: Response): WireFault {
  void response.body?.cancel()
  const to = response.headers.get('location') ?? 'nowhere'
  return new WireFault('redirected', `The address answers with a redirect to ${originOf(to, response.url)}.`)
}

function webPage(response: Response): WireFault {
  void response.body?.cancel()
  return new WireFault('web_page', `A web page came instead of an answer (${response.headers.get('content-type')}).`)
}

/** Only whereto: the rest of such an address may be a ticket. */
function originOf(location: string, base: string): string {
  const url = URL.parse(location, base || undefined)
  return url ? url.origin : 'an address that is none'
}

/** A failure that can be read at once: libraries that expect JSON forget the status when it is none. */
async function withWholeError(response: Response): Promise<Response> {
  const text = await beginningOf(response)
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  headers.delete('content-encoding') // undone by now
  headers.set('content-type', isJson(text) ? 'application/json' : 'text/plain')
  return new Response(text, { status: response.status, statusText: response.statusText, headers })
}

async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let read = 0
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes.subarray(0, ERROR_AT_MOST - read), { stream: true })
    read += bytes.length
    if (read >= ERROR_AT_MOST) break
  }
  return text
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/** Google's library searches all that came together for the end of each event: of 256 KB that takes three times as long as of 16 KB. */
function inPieces(bytes: Uint8Array, controller: ReadableStreamDefaultController<Uint8Array>): void {
  const pieces = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES)) // a pull that brings nothing is not repeated
  for (let i = 0; i < pieces; i++) controller.enqueue(bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
}

function withShortLines(body: ReadableStream<Uint8Array>, most: number): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let length = 0
  let left = most
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) return controller.close()
      const end = value.lastIndexOf(LF)
      length = end < 0 ? length + value.length : value.length - end - 1
      left -= value.length
      if (length <= LINE_AT_MOST && left >= 0) return inPieces(value, controller)
      const [what, limit] = left < 0 ? ['The answer', most] : ['A line of the answer', LINE_AT_MOST]
      const fault = new WireFault('line_too_long', `${what} is longer than ${limit} bytes.`)
      controller.error(fault)
      await reader.cancel(fault).catch(() => {}) // it may have broken at the same moment
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
