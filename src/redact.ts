/** What stands where a secret was. */
const BLOT = '[secret]'
/** A configured value that is shorter than this would blot out words. */
const SHORTEST = 6
/** Nested deeper than this, a value is not looked at but left out. */
const DEEPEST = 12

/** A copy of a plain value (text, array, record) with every secret in it blotted out. All else is passed on as it is. */
export type Redact = <T>(value: T) => T

/** One that can be told of more secrets while it is in use. It forgets none. */
export interface Redactor extends Redact {
  learn(secret: string): void
}

/** Fields whose whole text is a secret, whatever it looks like. */
const SECRET_FIELD =
  /^((proxy-)?authorization|(set-)?cookie|x-(goog-)?api-key|api[-_]?key|pass(word|wd|phrase)|((client|app|webhook|signing)[-_]?)?secret|((access|refresh|auth|bearer|id|api|bot)[-_]?)?token|private[-_]?key)$/i

/** Secrets in running text: what stays of each match is what was captured. Looking ahead is bounded, so that no text takes long. */
const SECRET_TEXT: [RegExp, string][] = [
  // the query and the user of a URL
  [
    /([?&](?:key|token|auth|secret|sig|signature|password|api[-_]?key|access[-_]?token)=)[^&#\s"'<>)]*[^&#\s"'<>).,;]/gi,
    `$1${BLOT}`,
  ],
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"']*:)[^\s/@"']+@/gi, `$1${BLOT}@`],
  // a header, also quoted as in JSON: all of its value
  [/(\b(?:set-)?cookie["']?\s*:\s*["']?)(?=[\w-]+=)[^\r\n"']+/gi, `$1${BLOT}`],
  [/(authorization["']?\s*[:=]\s*["']?)(?:bearer|basic|token|digest|key)\s+[^\s"',;}]+/gi, `$1${BLOT}`],
  [/((?:authorization|x-(?:goog-)?api-key)["']?\s*[:=]\s*["']?)(?=\S{0,99}\d|\S{16})[^\s"',;}]+/gi, `$1${BLOT}`],
  [
    /(\b(?:api[-_]?key|access[-_]?token|client[-_]?secret|password)["']?\s*[:=]\s*["']?)(?!\[secret\])(?=[^\s"']{0,99}\d|[^\s"']{16})[^\s"',;&}]{6,}/gi,
    `$1${BLOT}`,
  ],
  // what vendors, and Hearth itself, give out
  [/\bBearer\s+(?=\S{0,99}\d|\S{20})[^\s"',;}]+/gi, `Bearer ${BLOT}`],
  [/\b(?:sk|xai|hth|local|gh[pousr]|github_pat|glpat|lin_api|xox[abp])[-_](?=[\w-]{0,99}\d|[\w-]{20})[\w-]{8,}/g, BLOT],
  [/\bAIza[\w-]{30,}/g, BLOT],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, BLOT],
]

/** Knows the configured secrets by value, and others by their form or the name of their field. */
export function redactor(secrets: readonly (string | undefined)[] = []): Redactor {
  let longestFirst: string[] = []
  const learn = (...more: string[]) => {
    const known = more.filter((secret) => secret.length >= SHORTEST)
    const values = new Set([...longestFirst, ...known.flatMap((secret) => [secret, encodeURIComponent(secret)])])
    longestFirst = [...values].sort((a, b) => b.length - a.length)
  }
  learn(...secrets.filter((secret) => secret !== undefined))
  const blotted = (text: string) => blotText(text, longestFirst)
  const redact: Redact = (value) => copy(value, blotted, 0) as typeof value
  return Object.assign(redact, { learn: (secret: string) => learn(secret) })
}

function blotText(text: string, values: string[]): string {
  let clean = text
  for (const value of values) clean = clean.replaceAll(value, BLOT)
  for (const [pattern, kept] of SECRET_TEXT) clean = clean.replace(pattern, kept)
  return clean
}

function copy(value: unknown, blotted: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return blotted(value)
  if (!isPlain(value)) return value
  if (depth > DEEPEST) return '…'
  if (Array.isArray(value)) return value.map((each) => copy(each, blotted, depth + 1))
  const fields = Object.entries(value).map(([name, each]) =>
    typeof each === 'string' && each !== '' && SECRET_FIELD.test(name)
      ? [name, BLOT]
      : [blotted(name), copy(each, blotted, depth + 1)],
  )
  return Object.fromEntries(fields)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}
