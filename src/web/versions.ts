import { Invalid } from '../errors.ts'

/** The ETag of a thing: its version. */
export function etagOf({ version }: { version: number }): string {
  return `"${version}"`
}

/** The version that `If-Match` names; undefined where it names none. @throws Invalid `invalid_input` */
export function versionIn(request: Request): number | undefined {
  const given = request.headers.get('if-match')
  if (given === null || given === '*') return undefined
  const version = /^"(\d{1,9})"$/.exec(given)?.[1]
  if (version) return Number(version)
  throw new Invalid('invalid_input', 'If-Match takes the ETag of what you saw.', { context: { field: 'if-match' } })
}
