import { timingSafeEqual } from 'node:crypto'

const SECRET_BYTES = 32
const PASSWORD_BYTES = 15

/** 256 random bits as 43 base64url characters. */
export function newSecret(): string {
  return randomText(SECRET_BYTES)
}

/** A password that nobody has to think up: 120 random bits as 20 characters. */
export function newPassword(): string {
  return randomText(PASSWORD_BYTES)
}

/** What the database keeps of a secret with 256 random bits, which needs no slow hash. */
export function sha256(secret: string): string {
  return new Bun.CryptoHasher('sha256').update(secret).digest('hex')
}

/** Whether two secrets are equal, in a time that doesn't say where they differ. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(one), 'hex'), Buffer.from(sha256(other), 'hex'))
}

function randomText(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64url')
}
