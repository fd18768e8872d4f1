const US = 'http://hearth.invalid'
/** Where a sign-in must not lead back to. */
const DOORS = new Set(['/sign-in', '/sign-out', '/setup'])

/** The path on this server that a sign-in goes on to; `/` for anything that could lead elsewhere. */
export function localPath(next: string): string {
  if (!next.startsWith('/') || !URL.canParse(next, US)) return '/'
  const { origin, pathname, search, hash } = new URL(next, US)
  // The parser folds dots and backslashes, and what comes out may start with two slashes: another host to a browser.
  if (origin !== US || pathname.startsWith('//') || DOORS.has(pathname)) return '/'
  return `${pathname}${search}${hash}`
}
