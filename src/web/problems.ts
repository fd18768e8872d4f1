import { Conflict, DomainError, Forbidden, Invalid, NotFound, Unauthenticated } from '../errors.ts'

/** RFC 9457, with our own members: what a caller can act on. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  retryable: boolean
  context: Record<string, unknown>
  /** Only for a bug: the name of its entry in the log. */
  incident?: string
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  bad_json: 400,
  bad_body: 400,
  not_acceptable: 406,
  precondition_missing: 428,
  precondition_failed: 412,
  too_large: 413,
  import_too_big: 413,
  import_too_many: 413,
  upload_too_big: 413,
  upload_too_many: 413,
  git_missing: 501,
  too_many_tries: 429,
  commit_unclear: 503,
  data_read_only: 503,
  disk_unwritable: 503,
  disk_full: 507,
}

const STATUS_BY_KIND = [
  [NotFound, 404],
  [Unauthenticated, 401],
  [Forbidden, 403],
  [Conflict, 409],
  [Invalid, 422],
] as const

const TITLES: Readonly<Record<number, string>> = {
  400: 'That can’t be read',
  401: 'Please sign in',
  403: 'That isn’t allowed',
  404: 'There is nothing here',
  409: 'Not in this state',
  412: 'It has changed since',
  413: 'That is too much at once',
  422: 'Something needs another look',
  428: 'Which version did you see?',
  429: 'Too many tries',
  500: 'Something broke on our side',
  501: 'Not possible here',
  503: 'Not reachable right now',
  507: 'The disk is full',
}

/** The problem of any thrown value. What is not a DomainError is a bug: it says nothing but the id of its incident. */
export function problemOf(error: unknown, newId: () => string, otherStatus?: number): Problem {
  if (!(error instanceof DomainError)) return bug(newId())
  const status = otherStatus ?? statusOf(error)
  const { code, message, retryable, context } = error
  return { type: `urn:hearth:error:${code}`, title: titleOf(status), status, detail: message, code, retryable, context }
}

/** The HTTP status of a DomainError: by its code, else by its kind, else by whose turn it is. */
export function statusOf(error: DomainError): number {
  const byCode = STATUS_BY_CODE[error.code]
  if (byCode) return byCode
  const kind = STATUS_BY_KIND.find(([type]) => error instanceof type)
  if (kind) return kind[1]
  if (error.retryable) return 503
  return error.severity === 'critical' ? 500 : 422
}

function titleOf(status: number): string {
  return TITLES[status] ?? TITLES[500]!
}

function bug(incident: string): Problem {
  return {
    type: 'urn:hearth:error:internal',
    title: titleOf(500),
    status: 500,
    detail: `Hearth made a mistake and wrote it to its log as incident ${incident}. Nothing that was saved is lost; try again.`,
    code: 'internal',
    retryable: true,
    context: {},
    incident,
  }
}
