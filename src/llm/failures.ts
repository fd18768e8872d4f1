import { DomainError, type DomainErrorOptions } from '../errors.ts'

const SAID_AT_MOST = 300 // characters of the vendor's own words
const LONGEST_WAIT_MS = 15 * 60_000

/** What a vendor's library threw, in plain facts. No status and no type: the network failed. */
export interface VendorFailure {
  status?: number
  type?: string
  /** OpenAI's finer word for what is wrong. */
  code?: string
  said?: string
  requestId?: string
  headers?: Headers
}

/** Whom was asked, and the secret that may not show up in anything that is said about it. */
export interface Asked {
  vendor: string
  model: string
  secret: string
}

/**
 * The DomainError for a vendor's failure: by status, or by type where the failure came inside a stream.
 * It has no `cause`: the library's own error may carry the key, when a proxy echoes headers.
 */
export function vendorError(asked: Asked, failure: VendorFailure): DomainError {
  const { code, sentence, retryable } = KINDS[kindOf(failure)](asked)
  const shown = (text: string | undefined) => text && withoutSecrets(text, asked.secret).slice(0, SAID_AT_MOST)
  const options: DomainErrorOptions = {
    retryable,
    severity: retryable ? 'warning' : 'error',
    context: {
      vendor: asked.vendor,
      model: asked.model,
      status: failure.status,
      type: shown(failure.type),
      requestId: shown(failure.requestId),
      said: shown(failure.said ?? ''),
    },
  }
  return new DomainError(code, sentence, retryable ? { ...options, retryAfterMs: retryAfterMs(failure) } : options)
}

/** `text` with the key, and whatever looks like one, blotted out. */
export function withoutSecrets(text: string, secret: string): string {
  const blotted = secret.length > 3 ? text.replaceAll(secret, '[key]') : text
  return blotted
    .replace(/\b(?:(?:sk|key|xai)-[\w-]{8,}|AIza[\w-]{20,})/gi, '[key]')
    .replace(/\bBearer\s+[^\s"',}]+/gi, 'Bearer [key]')
}

type Kind =
  | 'address'
  | 'auth'
  | 'billing'
  | 'limited'
  | 'overloaded'
  | 'unknown'
  | 'tooLong'
  | 'refusedRequest'
  | 'unavailable'

/** What says more than the status: an empty account is no 429 that passes, a key may be refused with 400. */
const KIND_OF_CODE = new Map<string | undefined, Kind>([
  ['insufficient_quota', 'billing'],
  ['billing_not_active', 'billing'],
  ['billing_hard_limit_reached', 'billing'],
  ['invalid_api_key', 'auth'],
  ['model_not_found', 'unknown'],
  ['context_length_exceeded', 'tooLong'],
  ['exceed_context_size_error', 'tooLong'],
  ['rate_limit_exceeded', 'limited'],
])

function kindOf({ status, type, code, said = '' }: VendorFailure): Kind {
  const known = KIND_OF_CODE.get(code) ?? KIND_OF_CODE.get(type)
  if (known) return known
  // xAI has words alone.
  if (status === 400 && /\bincorrect api key\b/i.test(said)) return 'auth'
  if (status === 403 && /\bcredits\b/i.test(said)) return 'billing'
  if (type === 'redirected' || type === 'web_page') return 'address'
  if (type === 'line_too_long') return 'unavailable'
  if (type === 'overloaded_error' || status === 529) return 'overloaded'
  if (type === 'billing_error' || status === 402) return 'billing'
  if (type === 'rate_limit_error' || status === 429) return 'limited'
  if (type === 'authentication_error' || type === 'permission_error' || status === 401 || status === 403) return 'auth'
  if (type === 'not_found_error' || status === 404) return 'unknown'
  if (status === 408 || status === 409) return 'unavailable'
  if (type === 'invalid_request_error' || (status !== undefined && status >= 400 && status < 500))
    return 'refusedRequest'
  return 'unavailable'
}

const KINDS: Record<Kind, (asked: Asked) => { code: string; sentence: string; retryable: boolean }> = {
  address: ({ vendor }) => ({
    code: 'model_wrong_address',
    sentence: `What answers at the address of ${vendor} is not its API. Check the address in the settings, or the network's sign-in page, then try again.`,
    retryable: false,
  }),
  auth: ({ vendor }) => ({
    code: 'model_auth',
    sentence: `${vendor} did not accept the API key. The owner can check it on the page “Models”; then try again.`,
    retryable: false,
  }),
  billing: ({ vendor }) => ({
    code: 'model_billing',
    sentence: `${vendor} says that the account of this API key can't pay. Add credit there, then try again.`,
    retryable: false,
  }),
  limited: ({ vendor }) => ({
    code: 'model_rate_limited',
    sentence: `${vendor} asks to slow down. Hearth goes on by itself in a moment.`,
    retryable: true,
  }),
  overloaded: ({ vendor }) => ({
    code: 'model_overloaded',
    sentence: `${vendor} is overloaded right now. Hearth tries again by itself.`,
    retryable: true,
  }),
  unknown: ({ vendor, model }) => ({
    code: 'unknown_model',
    sentence: `${vendor} has no model “${model}”, or this key may not use it. Choose another model.`,
    retryable: false,
  }),
  tooLong: ({ vendor, model }) => ({
    code: 'model_bad_request',
    sentence: `The request is longer than “${model}” at ${vendor} can take. A shorter brief, or a model with a larger window, may help.`,
    retryable: false,
  }),
  refusedRequest: ({ vendor }) => ({
    code: 'model_bad_request',
    sentence: `${vendor} refused the request as it was put. A shorter brief or another model may help.`,
    retryable: false,
  }),
  unavailable: ({ vendor }) => ({
    code: 'model_unavailable',
    sentence: `${vendor} can't be reached, or broke off. Check the network; Hearth tries again by itself.`,
    retryable: true,
  }),
}

function retryAfterMs({ headers }: VendorFailure): number | undefined {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  const said = headers?.get('retry-after') ?? ''
  const seconds = Number.parseFloat(said)
  const wait = [exact, seconds * 1000, Date.parse(said) - dateOf(headers)].find((ms) => Number.isFinite(ms) && ms >= 0)
  return wait === undefined ? undefined : Math.min(Math.ceil(wait), LONGEST_WAIT_MS)
}

/** A Retry-After date is meant by the server's clock, which `Date` tells. */
function dateOf(headers: Headers | undefined): number {
  return Date.parse(headers?.get('date') ?? '')
}
