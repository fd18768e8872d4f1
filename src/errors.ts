/** How much a failure matters: what a caller may fix, what needs a person, what may lose data. */
export type Severity = 'info' | 'warning' | 'error' | 'critical'

export interface DomainErrorOptions {
  severity?: Severity
  /** True when the same call may succeed later without a change by the caller. */
  retryable?: boolean
  /** Milliseconds to wait before trying again, when the other side said so. */
  retryAfterMs?: number
  /** Facts for the caller and the log. Never secrets. */
  context?: Record<string, unknown>
  cause?: unknown
}

/**
 * A failure that the caller can act on. `code` is snake_case, stable and documented in docs/errors.md;
 * `message` is one sentence for a person that says what to do.
 */
export class DomainError extends Error {
  override name = 'DomainError'
  readonly severity: Severity
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly context: Record<string, unknown>

  constructor(
    readonly code: string,
    message: string,
    { severity = 'error', retryable = false, retryAfterMs, context = {}, cause }: DomainErrorOptions = {},
  ) {
    super(message, { cause })
    this.severity = severity
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
    this.context = context
  }
}

/** The thing named does not exist, or the caller may not know that it does. */
export class NotFound extends DomainError {
  override name = 'NotFound'
  constructor(what: string, id: string) {
    super(`unknown_${what}`, `There is no ${what} with the id “${shorten(id)}”. Check the address.`, {
      context: { id: shorten(id) },
    })
  }
}

/** What was sent can't be used as it is. `context.field` names the part. */
export class Invalid extends DomainError {
  override name = 'Invalid'
}

/** The request is fine, but not in the present state of things. */
export class Conflict extends DomainError {
  override name = 'Conflict'
}

/** Nobody is signed in, or the token is not good. */
export class Unauthenticated extends DomainError {
  override name = 'Unauthenticated'
  constructor(message = 'Sign in first, or send a valid token.') {
    super('unauthenticated', message)
  }
}

/** Signed in, but not allowed. */
export class Forbidden extends DomainError {
  override name = 'Forbidden'
}

/** What an error looks like when it is stored, sent or logged: no stack, no cause. */
export interface ErrorFacts {
  code: string
  message: string
  retryable: boolean
  context: Record<string, unknown>
}

/** The facts of any thrown value. What is not a DomainError is a bug: its message is kept, its code is `internal`. */
export function errorFacts(error: unknown): ErrorFacts {
  if (error instanceof DomainError)
    return { code: error.code, message: error.message, retryable: error.retryable, context: error.context }
  return {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    retryable: false,
    context: {},
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
