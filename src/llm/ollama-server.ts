import { z } from 'zod'
import type { VendorFailure } from './failures.ts'
import { type AskedServer, unreachable } from './ollama-failures.ts'
import type { LocalFacts } from './ollama-window.ts'
import { vendorFetch, WireFault, wireFault } from './vendor-fetch.ts'

/** The first version that does as it is asked with a prompt that does not fit, instead of cutting it. */
const HONEST = [0, 12, 6]

/** Where a server is, and how it is asked. */
export interface OllamaServer {
  baseUrl: string
  /** Where something stands in front of it that wants one. */
  apiKey?: string | undefined
}

/** What the server said that it will not do. */
export class Refused extends Error {
  override name = 'Refused'
  constructor(readonly failure: VendorFailure) {
    super(failure.said)
  }
}

const Shown = z.object({ model_info: z.record(z.string(), z.unknown()).catch({}), parameters: z.string().catch('') })
const Version = z.object({ version: z.string() })

/** What the server says of a model, and of itself. */
export async function factsAt(server: OllamaServer, model: string, signal: AbortSignal): Promise<LocalFacts> {
  const [shown, version] = await Promise.all([
    shownAt(server, model, signal),
    reach(server, askedOf(server, model), '/api/version', undefined, signal).then((response) => response.json()),
  ])
  return { ...shown, cutsSilently: !isHonest(Version.safeParse(version).data?.version ?? '') }
}

/** What the server says of a model. */
export async function shownAt(
  server: OllamaServer,
  model: string,
  signal: AbortSignal,
): Promise<Pick<LocalFacts, 'window' | 'numCtx'>> {
  const response = await reach(server, askedOf(server, model), '/api/show', { model }, signal)
  const { model_info: info, parameters } = Shown.parse(await response.json())
  const window = info[`${info['general.architecture']}.context_length`]
  const numCtx = /^num_ctx\s+(\d+)/m.exec(parameters)?.[1]
  return {
    ...(typeof window === 'number' && window > 0 ? { window } : {}),
    ...(numCtx ? { numCtx: Number(numCtx) } : {}),
  }
}

/** Sends one question. @throws DomainError `model_unavailable` when nobody answers, Refused, WireFault */
export async function reach(
  { baseUrl, apiKey }: OllamaServer,
  asked: AskedServer,
  path: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) }
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : { method: 'GET' }
  const response = await vendorFetch(baseUrl.replace(/\/+$/, '') + path, { ...init, headers, signal }).catch(
    (error: unknown) => {
      throw error instanceof WireFault || signal.aborted ? error : unreachable(asked)
    },
  )
  if (response.ok) return response
  throw new Refused({ status: response.status, said: said(await response.text()), headers: response.headers })
}

/** The lines of a stream, each a JSON object. @throws SyntaxError for one that is none */
export async function* linesOf(response: Response): AsyncGenerator<object> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const bytes of response.body ?? []) {
    const lines = (pending + decoder.decode(bytes, { stream: true })).split('\n')
    pending = lines.pop()!
    for (const line of lines) if (line.trim() !== '') yield parsed(line)
  }
  if (pending.trim() !== '') yield parsed(pending)
}

/** Whom a question goes to, in words that hold no name and no password. */
export function askedOf({ baseUrl, apiKey = '' }: OllamaServer, model: string): AskedServer {
  const { host, pathname } = new URL(baseUrl)
  return { address: `${host}${pathname}`.replace(/\/+$/, ''), model, secret: apiKey }
}

/** What went wrong, in plain facts. */
export function failureOf(error: unknown): VendorFailure {
  if (error instanceof Refused) return error.failure
  return wireFault(error) ?? { said: error instanceof Error ? error.message : String(error) }
}

/** What `error` holds: words, or another server's error as an object. */
export function wordsOf(error: unknown): string {
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? '')
}

function said(text: string): string {
  try {
    const { error } = JSON.parse(text)
    return wordsOf(error)
  } catch {
    return text
  }
}

function parsed(line: string): object {
  const value: unknown = JSON.parse(line)
  if (typeof value === 'object' && value !== null) return value
  throw new SyntaxError('A line of the answer is no object.')
}

/** Versions that are none (`0.0.0`) are built from the source of today. */
function isHonest(version: string): boolean {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number)
  if (!numbers) return false
  if (numbers.every((number) => number === 0)) return true
  const at = numbers.findIndex((number, i) => number !== HONEST[i])
  return at < 0 || numbers[at]! > HONEST[at]!
}
