import { Invalid } from '../errors.ts'

const MAX_LENGTH = 254 // RFC 5321, less the angle brackets
/** Normalizing takes a time that grows with the square of a run of combining marks: a stranger's megabyte, minutes. */
const READ_AT_MOST = 4 * MAX_LENGTH
/** A sanity check, not the grammar: `me@nas` is fine on a LAN, blanks, brackets and control characters are not. */
const LOOKS_RIGHT = /^[^\s@"'<>()[\]\\,;:\p{C}]{1,64}@[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u

/** The one spelling of an address that is stored and compared: trimmed, lower case. @throws Invalid `bad_email` */
export function emailOf(text: string): string {
  const email = normalEmail(text)
  if (email.length <= MAX_LENGTH && LOOKS_RIGHT.test(email) && !email.includes('..')) return email
  throw new Invalid('bad_email', 'That doesn’t look like an e-mail address. Write it like ada@example.com.', {
    context: { field: 'email' },
  })
}

/** The same spelling without the check, for looking up what somebody typed. */
export function normalEmail(text: string): string {
  return text.slice(0, READ_AT_MOST).normalize('NFC').trim().toLowerCase()
}
