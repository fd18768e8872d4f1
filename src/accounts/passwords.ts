import { Invalid } from '../errors.ts'
import { COMMON_PASSWORDS } from './common-passwords.ts'

export const MIN_CHARACTERS = 8
export const MAX_BYTES = 1_024

/**
 * Refuses what is guessed first; asks for no special characters. @throws Invalid `password_too_short`,
 * `password_too_long`, `password_common`, `password_is_email`, with `context.field` = `password`.
 */
export function checkPassword(password: string, email: string): void {
  const plain = password.normalize('NFKC').trim().toLowerCase()
  if ([...password].length < MIN_CHARACTERS)
    throw bad('password_too_short', `The password needs at least ${MIN_CHARACTERS} characters. A few words do well.`)
  if (Buffer.byteLength(password) > MAX_BYTES)
    throw bad('password_too_long', `The password may have at most ${MAX_BYTES} bytes. Use a shorter one.`)
  if (plain === email || plain === email.split('@')[0])
    throw bad('password_is_email', 'The password is the e-mail address. Choose one that nobody can read off it.')
  if (COMMON_PASSWORDS.has(plain))
    throw bad('password_common', 'That password is one of the first that anybody would try. Choose another.')
}

function bad(code: string, message: string): Invalid {
  return new Invalid(code, message, { context: { field: 'password' } })
}
