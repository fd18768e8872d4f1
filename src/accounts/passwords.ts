import { Invalid } from '../errors.ts'
import { COMMON_PASSWORDS } from './common-passwords.ts'

export const MIN_CHARACTERS = 8
export const MAX_BYTES = 1_024
const FIELD = { context: { field: 'password' } }

/**
 * Refuses what is guessed first; asks for no special characters. @throws Invalid `password_too_short`,
 * `password_too_long`, `password_common`, `password_is_email`, with `context.field` = `password`.
 */
export function checkPassword(password: string, email: string): void {
  if (Buffer.byteLength(password) > MAX_BYTES)
    throw new Invalid(
      'password_too_long',
      `The password may have at most ${MAX_BYTES} bytes. Use a shorter one.`,
      FIELD,
    )
  const plain = password.normalize('NFKC').trim().toLowerCase()
  if ([...password].length < MIN_CHARACTERS)
    throw new Invalid(
      'password_too_short',
      `The password needs at least ${MIN_CHARACTERS} characters. A few words do well.`,
      FIELD,
    )
  if (plain === email || plain === email.split('@')[0])
    throw new Invalid(
      'password_is_email',
      'The password is the e-mail address. Choose one that nobody can read off it.',
      FIELD,
    )
  if (COMMON_PASSWORDS.has(plain))
    throw new Invalid(
      'password_common',
      'That password is one of the first that anybody would try. Choose another.',
      FIELD,
    )
}
